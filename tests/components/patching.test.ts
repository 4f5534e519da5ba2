import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroModel, FluoroPatching, SelectEvent } from '../../components/index';
import { diverging } from '../../components/shared/colors';
import { formatShort, formatValue, visibleToken } from '../../components/shared/text';
import {
  type Edit,
  type MetricChoice,
  type Patching,
  type PatchSite,
  patchActivations,
  promptMetric,
  readTrace,
  type Slice,
  type Trace,
  writeTrace,
} from '../../src/index';
import { countBytes } from '../harness/count-bytes';
import { type Fixture, fixtureModel, testGpu } from '../harness/fixtures';
import {
  colorOf,
  expectAccessible,
  grid,
  mount,
  mountModel,
  openTable,
  part,
  pixel,
  pointAt,
  textOf,
  until,
} from './mount';

/** The induction model ends it in the letter that came after the V of the first time, at position 18. */
const after = (letter: string) => `<bos> z e T g D 2 0 P k W J R 5 B S C V ${letter} p O 0 P k W J R 5 B S C V`;
const [CLEAN, CORRUPTED] = [after('l'), after('x')];
const POS = 32;

interface Given {
  readonly fixture?: Fixture;
  readonly clean?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly beside?: readonly string[];
}

async function mountPatching({ fixture = 'induction', clean = CLEAN, attributes = {}, beside = [] }: Given = {}) {
  const model = await mountModel(fixture, clean, 'fluoro-patching', ...beside);
  const patching = model.querySelector('fluoro-patching')!;
  const given = { corrupted: CORRUPTED, ...attributes };
  for (const [name, value] of Object.entries(given)) patching.setAttribute(name, value);
  patching.style.width = '900px';
  await until(() => patching.shadowRoot!.querySelector('[part="run"]'));
  await patching.updateComplete;
  return { model, patching };
}

const press = (patching: FluoroPatching) => part<HTMLButtonElement>(patching, 'run').click();
const status = (patching: FluoroPatching) => textOf(patching.shadowRoot!.querySelector('[role="status"]')!);
const notes = (patching: FluoroPatching) => {
  const found = patching.shadowRoot!.querySelector('[part="notes"]');
  return found ? textOf(found) : '';
};

async function patched(patching: FluoroPatching) {
  press(patching);
  await until(() => status(patching) !== '' && !patching.shadowRoot!.querySelector('[part="progress"]'));
  expect(status(patching)).toMatch(/^\d+ patches, each one run\.$/);
  return grid(patching, 'map');
}

async function direct(
  fixture: Fixture,
  at: PatchSite,
  metric: MetricChoice['metric'] = 'logit-difference',
  [clean, corrupted] = [CLEAN, CORRUPTED],
): Promise<Patching> {
  const model = await fixtureModel(fixture);
  const [one, other] = [clean, corrupted].map((prompt) => [model.tokenizer!.encode(prompt)]) as [
    number[][],
    number[][],
  ];
  const chosen = await promptMetric(model, { metric, answer: null, wrong: null }, one, other);
  return patchActivations(model, { clean: one, corrupted: other }, { at, metric: chosen.metric });
}

function expectDrawn(
  map: Awaited<ReturnType<typeof grid>>,
  { restored }: Patching,
  scheme: 'light' | 'dark' = 'light',
) {
  expect(restored.length).toBe(map.rowCount * map.colCount);
  for (const [i, value] of restored.entries()) {
    const cell = { row: Math.floor(i / map.colCount), col: i % map.colCount };
    expect(pixel(map, cell), `row ${cell.row}, pos ${cell.col}`).toEqual(colorOf(diverging, value, -1, 1, scheme));
  }
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible before and after it has run, and draws what patchActivations finds', async () => {
    await commands.colorScheme(scheme);
    const { patching } = await mountPatching();
    patching.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
    await expectAccessible(patching);
    const map = await patched(patching);
    expectDrawn(map, await direct('induction', 'resid_pre'), scheme);
    await expectAccessible(patching);
  });
});

test.each(['z', 'k', 'pattern'] as const)('%s has a row per head', async (at) => {
  const { patching } = await mountPatching({ attributes: { at } });
  const map = await patched(patching);
  expect([map.rowCount, map.colCount]).toEqual([8, POS]);
  expectDrawn(map, await direct('induction', at));
  expect((map as unknown as { rowLabels: string[] }).rowLabels.join(' ')).toBe('0.0 0.1 0.2 0.3 1.0 1.1 1.2 1.3');
});

test.each(['probability', 'loss', 'kl'] as const)('measures the %s', async (metric) => {
  const { patching } = await mountPatching({ attributes: { metric } });
  const map = await patched(patching);
  const found = await direct('induction', 'resid_pre', metric);
  expectDrawn(map, found);
  expect(textOf(part(patching, 'values'))).toContain(`clean ${formatValue(found.clean)}`);
  expect(textOf(part(patching, 'values'))).toContain(`corrupted ${formatValue(found.corrupted)}`);
  expect(patching.shadowRoot!.querySelector('[part="answer"]') !== null).toBe(metric === 'probability');
  expect(patching.shadowRoot!.querySelector('[part="wrong"]')).toBeNull();
});

test.each([
  ['z', 1, 0, 31, { head: 0, pos: 31 }, 'blocks.1.attn.hook_z'],
  ['resid_pre', 1, null, 18, { pos: 18 }, 'blocks.1.hook_resid_pre'],
] as const)('%s says what a run with that one edit gives', async (at, layer, head, pos, slice: Slice, name) => {
  const model = await fixtureModel('induction');
  const { patching } = await mountPatching({ attributes: { at } });
  const map = await patched(patching);
  const source = await model.run(CLEAN);
  const edit: Edit = {
    at: name,
    op: 'set',
    slice: { ...slice, batch: 0 },
    value: await source.read(name, { ...slice, batch: 0 }),
  };
  const [d, e] = ['l', 'x'].map((token) => model.tokenizer!.encode(token)[0]!) as [number, number];
  const difference = async (prompt: string, edits: Edit[] = []) => {
    const trace = await model.run(prompt, { edits });
    const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1 });
    trace.dispose();
    return data[d]! - data[e]!;
  };
  const [clean, corrupted, value] = [
    await difference(CLEAN),
    await difference(CORRUPTED),
    await difference(CORRUPTED, [edit]),
  ];
  source.dispose();
  const restored = (value - corrupted) / (clean - corrupted);
  expect(Math.abs(restored)).toBeGreaterThan(0.05);
  pointAt(map, { row: head === null ? layer : 4 * layer + head, col: pos });
  await patching.updateComplete;
  const place = `layer ${layer}${head === null ? '' : `, head ${head}`} at ${pos === 18 ? 'l (18), instead of x' : 'V (31)'}`;
  expect(textOf(part(patching, 'readout'))).toMatch(
    `${place}: ${formatShort(restored)} restored logit difference ${formatValue(value)} Most is restored by`,
  );
  expect(textOf(part(patching, 'values'))).toBe(
    `Logit difference of l against x: clean ${formatValue(clean)} logits, corrupted ${formatValue(corrupted)} logits.`,
  );
});

test('patching everything into the only position that differs restores all of it', async () => {
  const { patching } = await mountPatching();
  const map = await patched(patching);
  pointAt(map, { row: 0, col: 18 });
  await patching.updateComplete;
  expect(textOf(part(patching, 'readout'))).toContain('layer 0 at l (18), instead of x: 1.00 restored');
  const box = await openTable(patching);
  expect(textOf(box.querySelector('caption')!)).toBe('What each patch of resid_pre restores of the logit difference');
  const rows = [...box.querySelectorAll('tbody tr')].map((row) => [...row.children].map(textOf));
  expect(rows).toHaveLength(64);
  expect(rows[18]!.slice(0, 4)).toEqual(['0', 'l ≠ x', '18', '1']);
});

test('labels the columns with both tokens where they differ', async () => {
  const { patching } = await mountPatching();
  expect(textOf(part(patching, 'comparison'))).toBe(
    '32 tokens, as the clean prompt has; 1 differs: x instead of l (pos 18).',
  );
  const map = await patched(patching);
  const { colLabels } = map as unknown as { colLabels: string[] };
  expect(colLabels.slice(16, 21)).toEqual(['C', 'V', 'l ≠ x', 'p', 'O']);
});

test('offers the sites that the model has', async () => {
  const sites = (patching: FluoroPatching) =>
    [...part<HTMLSelectElement>(patching, 'site').options].map(({ value }) => value);
  const { patching: attentionOnly } = await mountPatching({ attributes: { at: 'mlp_out' } });
  expect(sites(attentionOnly)).toEqual(['resid_pre', 'resid_post', 'attn_out', 'z', 'q', 'k', 'v', 'pattern']);
  expect(part<HTMLSelectElement>(attentionOnly, 'site').value).toBe('resid_pre');
  const { patching } = await mountPatching({
    fixture: 'modular-addition',
    clean: '1 2 =',
    attributes: { at: 'mlp_out' },
  });
  expect(sites(patching).filter((site) => !sites(attentionOnly).includes(site))).toEqual(['resid_mid', 'mlp_out']);
  expect(part<HTMLSelectElement>(patching, 'site').value).toBe('mlp_out');
});

test('runs nothing until the button is pressed', async () => {
  const { patching } = await mountPatching();
  const { counters } = await testGpu();
  const before = counters.submits;
  const area = part<HTMLTextAreaElement>(patching, 'corrupted');
  const texts: string[] = [];
  patching.addEventListener('fluoro-corrupted', ({ detail }) => texts.push(detail));
  area.value = after('m');
  area.dispatchEvent(new InputEvent('input'));
  const site = part<HTMLSelectElement>(patching, 'site');
  site.value = 'z';
  site.dispatchEvent(new Event('change'));
  await patching.updateComplete;
  expect(textOf(part(patching, 'comparison'))).toContain('m instead of l (pos 18)');
  expect([texts, patching.corrupted, patching.at]).toEqual([[after('m')], after('m'), 'z']);
  expect(counters.submits).toBe(before);
});

describe('the tokens of the metric', () => {
  test('are what each run finds likeliest, unless given', async () => {
    const { model, patching } = await mountPatching();
    const { data } = await model.trace!.read('unembed.hook_out', { batch: 0, pos: -1 });
    const likeliest = model.model!.tokenizer!.token(data.indexOf(Math.max(...data)));
    expect(part<HTMLInputElement>(patching, 'answer').placeholder).toBe(visibleToken(likeliest));
    expect(part<HTMLInputElement>(patching, 'wrong').placeholder).toBe('likeliest');
    await patched(patching);
    expect(part<HTMLInputElement>(patching, 'wrong').placeholder).toBe('x');
    const field = part<HTMLInputElement>(patching, 'wrong');
    field.value = 'm';
    field.dispatchEvent(new InputEvent('input'));
    await patching.updateComplete;
    expect(notes(patching)).toBe('This is of the earlier choices, until you run the patches again.');
    press(patching);
    await until(() => textOf(part(patching, 'values')).startsWith('Logit difference of l against m'));
    expect(notes(patching)).toBe('');
  });

  test('that are the same are refused in words', async () => {
    const { patching } = await mountPatching({ attributes: { wrong: 'l' } });
    press(patching);
    await until(() => status(patching) !== '' && !status(patching).includes('patches'));
    expect(status(patching)).toBe(
      'The answer and the wrong token are both "l", and the logit difference of a token to itself is always 0: give another answer or wrong token, or choose another metric.',
    );
    expect(patching.shadowRoot!.querySelector('[part~="map"]')).toBeNull();
    await expectAccessible(patching);
  });

  test('that are no token are refused in words', async () => {
    const { patching } = await mountPatching({ attributes: { answer: 'a b' } });
    press(patching);
    await until(() => status(patching).includes('"a b" is 2 tokens ("a", "b"), expected exactly one.'));
  });
});

describe('prompts that cannot be patched', () => {
  test('of different length are told with the tokens of both', async () => {
    const { patching } = await mountPatching({ attributes: { corrupted: '<bos> a b e' } });
    expect(textOf(part(patching, 'comparison'))).toMatch(
      /^The clean prompt has 32 tokens, the corrupted one 4: patching goes position by position, so that they must have the same number\./,
    );
    const rows = [...part(patching, 'pairs').querySelectorAll('tr')].map((row) =>
      [...row.cells].map((cell) => textOf(cell)),
    );
    expect(rows.slice(1).map((row) => row.slice(0, 7))).toEqual([
      ['clean', '<bos>', 'z', 'e', 'T', 'g', 'D'],
      ['corrupted', '<bos>', 'a', 'b', 'e', '', ''],
    ]);
    expect(rows.map(({ length }) => length)).toEqual([33, 33, 33]);
    expect(part(patching, 'corrupted').ariaInvalid).toBe('true');
    await expectAccessible(patching);
    press(patching);
    await patching.updateComplete;
    expect(status(patching)).toBe('The corrupted prompt cannot be patched as it is: see below it.');
  });

  test.each([
    ['', 'Write a corrupted prompt first.'],
    [CLEAN, 'Both prompts are the same: change a token of the corrupted one.'],
    ['<bos> ?', 'The corrupted prompt cannot be patched as it is: see below it.'],
  ])('%j', async (corrupted, sentence) => {
    const { patching } = await mountPatching({ attributes: { corrupted } });
    const { counters } = await testGpu();
    const before = counters.submits;
    press(patching);
    await patching.updateComplete;
    expect(status(patching)).toBe(sentence);
    expect(counters.submits).toBe(before);
  });
});

/** Does something as soon as the status says so: between two batches. */
function when(patching: FluoroPatching, said: RegExp, act: () => void): void {
  const observer = new MutationObserver(() => {
    if (!said.test(status(patching))) return;
    observer.disconnect();
    act();
  });
  observer.observe(patching.shadowRoot!, { subtree: true, childList: true, characterData: true });
}

describe('a sweep that is ended early', () => {
  test('keeps, draws and labels what was run by then, and gives the focus back', async () => {
    const { patching } = await mountPatching();
    const cancel = () => part<HTMLButtonElement>(patching, 'cancel');
    when(patching, /^32 of 64 patches$/, () => {
      expect(part<HTMLProgressElement>(patching, 'progress').value).toBe(32);
      cancel().focus();
      cancel().click();
    });
    press(patching);
    await until(() => notes(patching));
    expect(notes(patching)).toBe('Cancelled: 32 of 64 patches. Empty cells were not run.');
    const map = await grid(patching, 'map');
    const { restored } = await direct('induction', 'resid_pre');
    for (let col = 0; col < POS; col++) {
      expect(pixel(map, { row: 0, col })).toEqual(colorOf(diverging, restored[col]!, -1, 1));
      expect(pixel(map, { row: 1, col })).toEqual([0, 0, 0, 0]);
    }
    pointAt(map, { row: 1, col: 18 });
    await patching.updateComplete;
    expect(textOf(part(patching, 'readout'))).toContain('layer 1 at l (18), instead of x: not run');
    await until(() => patching.shadowRoot!.activeElement === part(patching, 'run'));
    expect((await openTable(patching)).querySelectorAll('tbody tr')).toHaveLength(32);
    expect(textOf(patching.shadowRoot!)).toContain('32 of 64 patches were not run and are left out.');
    await expectAccessible(patching);
    await patched(patching);
    expect(notes(patching)).toBe('');
  });

  test('before its first patch leaves the earlier result', async () => {
    const { patching } = await mountPatching();
    await patched(patching);
    patching.at = 'z';
    await patching.settled();
    press(patching);
    await patching.updateComplete;
    part<HTMLButtonElement>(patching, 'cancel').click();
    await until(() => status(patching) === 'Cancelled before the first patch.');
    expect(notes(patching)).toBe('This is of the earlier choices, until you run the patches again.');
    part(patching, 'map');
  });

  test('by the next prompt keeps what was run, as of the earlier prompts', async () => {
    const { model, patching } = await mountPatching({ attributes: { at: 'z' } });
    const next = () => model.trace!.labels[0]![18] === 'g';
    const { mapAsync } = GPUBuffer.prototype;
    onTestFinished(() => void vi.restoreAllMocks());
    when(patching, /^0 of 256 patches$/, () => {
      model.prompt = after('g');
      // What the first of two batches came to is read after the prompt's pass is there, however fast batches are.
      vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockImplementation(async function (this: GPUBuffer, ...how) {
        await until(next);
        return mapAsync.apply(this, how);
      });
    });
    press(patching);
    await until(() => next() && !patching.shadowRoot!.querySelector('[part="progress"]'));
    expect(notes(patching)).toMatch(
      /^Stopped by the next prompt: 128 of 256 patches\. Empty cells were not run\. This is of the earlier prompts/,
    );
  });
});

describe('when the prompt changes', () => {
  const rerun = async (model: FluoroModel, prompt: string) => {
    const { trace } = model;
    model.prompt = prompt;
    await until(() => model.trace !== trace && model.state === 'ready');
  };

  test('the earlier result stays, labelled, until the patches are run again', async () => {
    const { model, patching } = await mountPatching();
    const map = await patched(patching);
    const before = map.canvas!.toDataURL();
    const { counters } = await testGpu();
    await rerun(model, after('g'));
    await until(() => notes(patching) === 'This is of the earlier prompts, until you run the patches again.');
    const { submits } = counters;
    await map.updateComplete;
    expect(map.canvas!.toDataURL()).toBe(before);
    expect(textOf(part(patching, 'values'))).toContain('of l against x');
    await expectAccessible(patching);
    expect(counters.submits).toBe(submits);
    press(patching);
    await until(() => textOf(part(patching, 'values')).includes('of g against x'));
    expect(notes(patching)).toBe('');
    await rerun(model, '<bos> a b');
    await until(() => notes(patching) === 'This is of the earlier prompts, until you run the patches again.');
    expect((await grid(patching, 'map')).colCount).toBe(POS);
  });

  test('another model takes it away', async () => {
    const { model, patching } = await mountPatching();
    await patched(patching);
    Object.assign(model, { src: 'modular-addition', prompt: '1 2 =' });
    await until(() => model.trace?.program.pos === 3 && model.state === 'ready');
    await until(() => !patching.shadowRoot!.querySelector('[part~="map"]'));
  });
});

test('the arrow keys move through layers and positions, for its siblings too', async () => {
  const { model, patching } = await mountPatching({ attributes: { at: 'z' }, beside: ['fluoro-heads'] });
  const chosen: SelectEvent['detail'][] = [];
  patching.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  const map = await patched(patching);
  map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('PageDown');
  await commands.press('ArrowLeft');
  await until(() => chosen.length === 2);
  expect(chosen).toEqual([
    { layer: 1, head: 3, pos: 31, query: 31, key: null },
    { layer: 1, head: 3, pos: 30, query: 30, key: null },
  ]);
  const { restored } = await direct('induction', 'z');
  const said = `layer 1, head 3 at C (30), ${formatShort(restored[7 * POS + 30]!)} restored`;
  await until(() => textOf(map.shadowRoot!.querySelector('[role="gridcell"]')!) === said);
  const heads = model.querySelector('fluoro-heads')!;
  await until(() => textOf(part(heads, 'readout')).includes('from C (30)'));
  expect(textOf(part(heads, 'readout'))).toContain('blocks.1.attn.hook_pattern · head 3');
});

test('follows the head and position selected elsewhere, and a resid site leaves the head alone', async () => {
  const { model, patching } = await mountPatching();
  const map = await patched(patching);
  model.select({ layer: 1, head: 2, pos: 2 });
  await until(() => textOf(part(patching, 'readout')).startsWith('layer 1 at e (2)'));
  pointAt(map, { row: 0, col: 5 }, 'click');
  await until(() => model.selection.pos === 5);
  expect(model.selection).toMatchObject({ layer: 0, head: 2, query: 5 });
});

test('Enter in a field runs the patches', async () => {
  const { patching } = await mountPatching();
  part<HTMLInputElement>(patching, 'answer').focus();
  await commands.press('Enter');
  await until(() => status(patching) === '64 patches, each one run.');
});

test('stays within 320 pixels', async () => {
  const { patching } = await mountPatching({ attributes: { corrupted: `${CORRUPTED} a b c` } });
  patching.style.width = '320px';
  await patching.updateComplete;
  const fits = () =>
    [...patching.shadowRoot!.querySelectorAll('*')].every((one) => {
      const scrolls = one.closest('.pairs, .hidden, fluoro-heatmap');
      return scrolls || one.getBoundingClientRect().right <= patching.getBoundingClientRect().right + 0.5;
    });
  expect(fits()).toBe(true);
  patching.corrupted = CORRUPTED;
  await patching.updateComplete;
  await patched(patching);
  expect(fits()).toBe(true);
});

describe('where there is no model to run', () => {
  const sentence =
    'Patching runs the model once per patch, and a recorded trace comes without its model: put this element into a <fluoro-model> with a src.';

  test('says so of a recorded trace', async () => {
    const live = await (await fixtureModel('induction')).run(CLEAN);
    const patching = document.createElement('fluoro-patching');
    patching.trace = readTrace(await writeTrace(live));
    live.dispose();
    await mount(patching);
    await until(() => textOf(part(patching, 'message')) === sentence);
    await expectAccessible(patching);
  });

  test('says so in a model that only has a recording', async () => {
    const live = await (await fixtureModel('induction')).run(CLEAN);
    const url = URL.createObjectURL(new Blob([(await writeTrace(live)) as Uint8Array<ArrayBuffer>]));
    live.dispose();
    const model = document.createElement('fluoro-model');
    model.setAttribute('trace', url);
    model.append(document.createElement('fluoro-patching'));
    await mount(model);
    await until(() => textOf(part(model.querySelector('fluoro-patching')!, 'message')) === sentence);
    URL.revokeObjectURL(url);
  });

  test('says so without a trace', async () => {
    const patching = await mount(document.createElement('fluoro-patching'));
    expect(textOf(part(patching, 'message'))).toMatch(/^Nothing to show/);
  });
});

describe('a recording', () => {
  const recorded = async (attributes: Readonly<Record<string, string>> = {}) => {
    const { model, patching } = await mountPatching({ attributes });
    const map = await patched(patching);
    const bytes = await writeTrace(model.trace!, { hooks: [] });
    return { patching, map, recording: readTrace(bytes) };
  };
  const over = async (trace: Trace, attributes: object = {}) => {
    const patching = Object.assign(document.createElement('fluoro-patching'), attributes, { trace });
    patching.style.width = '900px';
    await mount(patching);
    await patching.settled();
    return patching;
  };

  test.each(['resid_pre', 'z'])('of %s shows the patches that it holds, as they were live', async (at) => {
    const { patching, map, recording } = await recorded({ at });
    for (const attributes of [{}, { corrupted: CORRUPTED, at }]) {
      const alone = await over(recording, attributes);
      const drawn = await grid(alone, 'map');
      expect(drawn.canvas!.toDataURL()).toBe(map.canvas!.toDataURL());
      for (const name of ['values', 'readout']) expect(textOf(part(alone, name))).toBe(textOf(part(patching, name)));
      expect(alone.shadowRoot!.querySelector('[part="form"], [part="run"], [part="notes"]')).toBeNull();
      const rows = Math.min(drawn.rowCount * POS, 200); // as many as a table shows at once
      expect((await openTable(alone)).querySelectorAll('tbody tr').length).toBe(rows);
      await expectAccessible(alone);
    }
  });

  test('that holds others says that it takes the model', async () => {
    const { recording } = await recorded();
    const alone = await over(recording, { corrupted: CORRUPTED, at: 'z' });
    await until(() => textOf(part(alone, 'message')).startsWith('Patching runs the model once per patch'));
  });

  test.each([
    [{ restored: [1] }, 'it.restored has 1 items, expected 64'],
    [{ layers: [0, 1, 2] }, 'it.values has 64 items, expected 96'],
    [{ heads: 'x' }, 'it.heads is no list'],
    [{ cleanLabels: ['a'] }, 'it.cleanLabels has 1 items, expected 32'],
  ])('with %j in it is refused in words', async (change, why) => {
    const { recording } = await recorded();
    const [key] = [...recording.answers.keys()].filter((one) => one.startsWith('patching?'));
    recording.answers.set(key!, { ...(recording.answers.get(key!) as object), ...change });
    const alone = await over(recording);
    expect(textOf(part(alone, 'message'))).toContain(why);
  });
});

test('leaving the page amid a sweep leaves nothing on the GPU', async () => {
  const bytes = countBytes(await testGpu());
  onTestFinished(() => void vi.restoreAllMocks());
  for (const said of [/^0 of 256 patches$/, /^128 of 256 patches$/]) {
    const { model, patching } = await mountPatching({ attributes: { at: 'z' } });
    when(patching, said, () => model.remove());
    press(patching);
    await until(() => !model.isConnected);
    await until(() => bytes() === 0);
  }
});
