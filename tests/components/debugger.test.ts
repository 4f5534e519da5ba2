import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroDebugger, FluoroModel } from '../../components/index';
import { type Model, readTrace, type Stop, sharedDevice, type Trace, writeTrace } from '../../src/index';
import { countBytes } from '../harness/count-bytes';
import { fixtureModel, testGpu } from '../harness/fixtures';
import { expectAccessible, mount, mountModel, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b a b';
const LOGITS = 'unembed.hook_out';

interface Mounted {
  readonly model: FluoroModel;
  readonly debug: FluoroDebugger;
}

async function mountDebugger(prompt = PROMPT, src = 'induction'): Promise<Mounted> {
  const model = await mountModel(src, prompt, 'fluoro-debugger');
  const debug = model.querySelector('fluoro-debugger')!;
  debug.style.width = '1100px';
  await until(() => rows(debug).length > 0);
  return { model, debug };
}

const inner = (debug: FluoroDebugger, tag: string) => debug.shadowRoot!.querySelector<HTMLElement>(tag)!;
const rows = (debug: FluoroDebugger) => {
  const program = debug.shadowRoot!.querySelector('fluoro-program');
  return [...(program?.shadowRoot?.querySelectorAll<HTMLElement>('[part="row"]') ?? [])];
};
const has = (host: Element, name: string) => host.shadowRoot!.querySelector(`[part~="${name}"]`) !== null;
const where = (debug: FluoroDebugger) => textOf(part(debug, 'where'));
const listed = (debug: FluoroDebugger) => [...part(debug, 'breakpoints').querySelectorAll('li > span')].map(textOf);

/** Waits until the last command is over. */
async function settled(debug: FluoroDebugger): Promise<void> {
  await debug.updateComplete;
  await until(() => part(debug, 'toolbar').ariaBusy === 'false');
  await debug.updateComplete;
}

async function press(debug: FluoroDebugger, command: string): Promise<void> {
  part(debug, command).click();
  await settled(debug);
}

async function start(debug: FluoroDebugger): Promise<void> {
  await press(debug, 'start');
  await until(() => where(debug).startsWith('Nothing has run yet'));
}

/** What a reader types. */
async function fill(form: Element, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const field = form.querySelector<HTMLInputElement>(`[part="${name}"]`)!;
    field.value = value;
    for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

async function breakAt(debug: FluoroDebugger, place: string, tensors = ''): Promise<void> {
  const form = part(debug, 'breakpoints').querySelector('form')!;
  await fill(form, { place, tensors });
  form.requestSubmit();
  await debug.updateComplete;
}

const bitsOf = async (trace: Trace, name: string) => new Uint32Array((await trace.read(name)).data.slice().buffer);

/** The pass as the panels see it. */
const traceOf = (debug: FluoroDebugger) =>
  (inner(debug, 'fluoro-program') as unknown as { run: { trace: Trace } }).run.trace;

const writer = (debug: FluoroDebugger, tensor: string) =>
  traceOf(debug).program.steps.findIndex(({ outputs }) => Object.values(outputs).includes(tensor));

const stopsOf = (debug: FluoroDebugger) => {
  const stops: Stop[] = [];
  debug.addEventListener('fluoro-stop', ({ detail }) => stops.push(detail));
  return stops;
};

const deepFocus = () => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
};

beforeEach(() => commands.colorScheme('light'));
afterEach(() => vi.restoreAllMocks());

describe('stopping', () => {
  test('nothing runs until Start, and Start runs nothing: then each Step is one dispatch', async () => {
    const { debug } = await mountDebugger();
    const { counters } = await testGpu();
    const { dispatches } = counters;
    expect(has(debug, 'edit')).toBe(false);
    expect(where(debug)).toBe('Start stops the pass of this prompt before its first step.');
    expect(part(debug, 'step').ariaDisabled).toBe('true');
    part(debug, 'step').click();
    await start(debug);
    expect(counters.dispatches - dispatches).toBe(0);
    const { steps } = traceOf(debug).program;
    for (let i = 0; i < 3; i++) {
      await press(debug, 'step');
      expect(counters.dispatches - dispatches).toBe(i + 1);
      expect(where(debug)).toContain(
        `Step ${i} ${steps[i]!.kernel} has written ${Object.values(steps[i]!.outputs)[0]}`,
      );
    }
    expect(where(debug)).toContain(`Next is step 3 ${steps[3]!.kernel}`);
    await expect(traceOf(debug).read(LOGITS)).rejects.toMatchObject({ code: 'not-yet-run' });
  });

  test('every value equals that of a pass without stops, and so do the logits', async () => {
    const { model, debug } = await mountDebugger();
    const whole = model.trace!;
    await start(debug);
    await breakAt(debug, '*.hook_z');
    for (let stops = 0; !where(debug).includes('The pass has ended'); stops++) {
      expect(stops).toBeLessThan(4);
      await press(debug, 'continue');
      const trace = traceOf(debug);
      for (const name of trace.names) expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
    }
    expect(traceOf(debug).names).toEqual(whole.names);
    expect(model.trace).toBe(whole);
  });

  test('the table shows what has run, what runs next, and keeps it in sight', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    expect(rows(debug).every((row) => row.classList.contains('later'))).toBe(true);
    await breakAt(debug, '15');
    await press(debug, 'continue');
    await until(() => rows(debug)[15]!.classList.contains('next'));
    expect(
      rows(debug)
        .map((row) => row.classList.contains('later'))
        .indexOf(true),
    ).toBe(15);
    expect(rows(debug).findIndex((row) => row.ariaSelected === 'true')).toBe(14);
    expect(textOf(rows(debug)[15]!)).toContain('runs next');
    const program = inner(debug, 'fluoro-program');
    const box = part(program, 'table').getBoundingClientRect();
    expect(rows(debug)[15]!.getBoundingClientRect().bottom).toBeLessThanOrEqual(box.bottom);
    expect(program.shadowRoot!.textContent).toContain('of which 15 have run');
  });

  test('runs to the selected step, and to the end whatever breakpoints there are', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    rows(debug)[7]!.click();
    await debug.updateComplete;
    expect(textOf(part(debug, 'runTo'))).toBe('Run to step 7 r');
    await press(debug, 'runTo');
    expect(where(debug)).toMatch(/^Step 6 .* Next is step 7 /);
    await breakAt(debug, 'any NaN or Inf');
    await breakAt(debug, '*');
    await press(debug, 'finish');
    expect(where(debug)).toMatch(/ The pass has ended\.$/);
    expect(part(debug, 'step').ariaDisabled).toBe('true');
  });

  test('going back is starting again: it says so and does it', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    rows(debug)[9]!.click();
    await debug.updateComplete;
    await press(debug, 'runTo');
    rows(debug)[4]!.click();
    await debug.updateComplete;
    await press(debug, 'runTo');
    expect(where(debug)).toContain('Step 4 has run, and a GPU does not go back. Start again and run to step 4');
    part(debug, 'way').click();
    await until(() => /^Step 3 .* Next is step 4 /.test(where(debug)));
    expect(has(debug, 'way')).toBe(false);
  });

  test('tells of every stop', async () => {
    const { debug } = await mountDebugger();
    const stops = stopsOf(debug);
    await start(debug);
    await press(debug, 'step');
    await press(debug, 'finish');
    expect(stops).toMatchObject([
      { reason: 'step', at: 1, step: 0 },
      { reason: 'end', at: rows(debug).length },
    ]);
  });
});

describe('breakpoints', () => {
  test('are set in the margin before and after Start, and removed there', async () => {
    const { debug } = await mountDebugger();
    const margin = (i: number) => rows(debug)[i]!.querySelector<HTMLButtonElement>('[part="breakpoint"]')!;
    const { outputs } = traceOf(debug).program.steps[4]!;
    margin(4).click();
    await until(() => margin(4).ariaPressed === 'true');
    expect(listed(debug)).toEqual([`before ${Object.values(outputs)[0]}`]);
    await start(debug);
    expect(listed(debug)).toHaveLength(1);
    margin(8).click();
    await until(() => margin(8).ariaPressed === 'true');
    await press(debug, 'continue');
    expect(where(debug)).toMatch(/^Stopped at the breakpoint before \S+\. Step 3 .* Next is step 4 /);
    margin(8).click();
    await until(() => margin(8).ariaPressed === 'false');
    await press(debug, 'continue');
    expect(where(debug)).toContain('The pass has ended');
    await start(debug);
    expect(listed(debug)).toHaveLength(1);
    part(debug, 'breakpoints').querySelector<HTMLButtonElement>('li button')!.click();
    await until(() => margin(4).ariaPressed === 'false');
    expect(listed(debug)).toEqual([]);
  });

  test.each([
    ['5', 'before blocks.0.attn.hook_v'],
    ['step 5', 'before blocks.0.attn.hook_v'],
    ['blocks.1.attn.hook_z', 'after blocks.1.attn.hook_z'],
    ['before blocks.1.attn.hook_z', 'before blocks.1.attn.hook_z'],
    ['*.hook_pattern', 'after *.hook_pattern'],
    ['if any NaN', 'if any NaN'],
    ['|x| > 1e4 at *.hook_z', 'if |x| > 10000 at *.hook_z'],
  ])('%j is %j', async (typed, text) => {
    const { debug } = await mountDebugger();
    await breakAt(debug, typed);
    if (typed.endsWith('5')) {
      const { outputs } = traceOf(debug).program.steps[5]!;
      expect(listed(debug)).toEqual([`before ${Object.values(outputs)[0]}`]);
    } else expect(listed(debug)).toEqual([text]);
    expect(part<HTMLInputElement>(debug, 'place').value).toBe('');
  });

  test('a condition stops at the first element that it holds of, which is shown and explained', async () => {
    const { model, debug } = await mountDebugger();
    const { data } = await model.trace!.read('blocks.0.hook_attn_out');
    const limit = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0) * 0.999;
    await start(debug);
    await breakAt(debug, `|x| > ${limit}`, 'blocks.0.hook_attn_out');
    await press(debug, 'continue');
    const i = data.findIndex((x) => Math.abs(x) > limit);
    const { shape } = model.trace!.layout('blocks.0.hook_attn_out');
    const [pos, column] = [Math.floor(i / shape[2]!), i % shape[2]!];
    expect(where(debug)).toMatch(/^Stopped if \|x\| > [\d.]+ at blocks\.0\.hook_attn_out: blocks\.0\./);
    expect(where(debug)).toContain(`blocks.0.hook_attn_out at batch 0, pos ${pos}, model ${column} is `);
    const explain = inner(debug, 'fluoro-explain');
    await until(() => has(explain, 'number') && textOf(part(explain, 'number')).includes(`model ${column}`));
    const buffer = inner(debug, 'fluoro-buffer');
    await until(() => has(buffer, 'readout') && textOf(part(buffer, 'readout')).includes(`pos ${pos}`));
    expect(textOf(part(buffer, 'readout'))).toContain(`model ${column}`);
  });

  test.each([
    ['blocks.0.attn.hook_y', '', /^This program has no tensor named blocks\.0\.attn\.hook_y\. Near it: /],
    ['999', '', /there is no step 999: this program has the steps 0 to \d+\.$/],
    ['any Nan or', '', /^The condition: got "or", expected the end any Nan or \^$/],
    ['|x| > much', '', /expected a number such as 1e4 \|x\| > much \^$/],
    ['row sums != 1', 'hook_patern', /^This program has no tensor named hook_patern\. Near it: /],
    ['', '', /^The condition: got the end, expected "any NaN"/],
  ])('%j of %j is refused with a sentence', async (place, tensors, sentence) => {
    const { debug } = await mountDebugger();
    for (const session of [false, true]) {
      if (session) await start(debug);
      await breakAt(debug, place, tensors);
      const form = part(debug, 'breakpoints');
      expect(textOf(form.querySelector('[role="status"]')!)).toMatch(sentence);
      expect(listed(debug)).toEqual([]);
      expect(part<HTMLInputElement>(debug, 'place').value).toBe(place);
      expect(debug.shadowRoot!.activeElement).toBe(part(debug, 'place'));
      await breakAt(debug, 'any NaN');
      expect(form.querySelector('[part="error"]')).toBeNull();
      part(debug, 'breakpoints').querySelector<HTMLButtonElement>('li button')!.click();
    }
  });

  test('row sums name the row', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'row sums != 1', '*.hook_pattern');
    await breakAt(debug, 'row sums > 0.5', 'blocks.1.attn.hook_pattern');
    await press(debug, 'continue');
    expect(where(debug)).toMatch(
      /^Stopped if row sums > 0\.5 at blocks\.1\.attn\.hook_pattern: blocks\.1\.attn\.hook_pattern at batch 0, head 0, query 0 sums to 1\. Step /,
    );
  });

  test('a predicate from code stops it; one that throws is told, and the session goes on', async () => {
    const { debug } = await mountDebugger();
    const failing = (values: Float32Array) => {
      throw new TypeError(`${values.length} values are too many`);
    };
    debug.break({ if: failing, at: 'blocks.0.attn.hook_z' });
    debug.break({
      if: function late(_, { step }) {
        return step > 12;
      },
    });
    await start(debug);
    expect(listed(debug)).toEqual(['if failing at blocks.0.attn.hook_z', 'if late']);
    await press(debug, 'continue');
    const at = writer(debug, 'blocks.0.attn.hook_z');
    expect(where(debug)).toMatch(`Step ${at} `);
    expect(where(debug)).toContain('The predicate of breakpoint 1 failed on blocks.0.attn.hook_z');
    expect(where(debug)).toContain('values are too many');
    await press(debug, 'continue');
    expect(where(debug)).toMatch(/^Stopped if late, which holds of \S+\. Step 13 /);
    expect(debug.session!.at).toBe(14);
  });

  test('the caret stands below the character that does not fit', async () => {
    const { debug } = await mountDebugger();
    await breakAt(debug, 'x >> 3');
    const [typed, caret] = part(debug, 'breakpoints').querySelector('pre')!.textContent!.split('\n');
    expect(typed!.indexOf('>> 3') + 1).toBe(caret!.indexOf('^'));
  });
});

describe('an edit at a stop', () => {
  const edit = { at: 'blocks.0.attn.hook_z', slice: { head: 0, pos: -1 }, op: 'scale', by: 0 } as const;

  async function makeEdit(debug: FluoroDebugger): Promise<void> {
    await fill(part(debug, 'edit'), { tensor: edit.at });
    await debug.updateComplete;
    const axes = [...part(debug, 'edit').querySelectorAll<HTMLInputElement>('[part="axis"]')];
    for (const input of axes) {
      const axis = textOf(input.parentElement!);
      input.value = axis === 'head' ? '0' : axis === 'pos' ? '−1' : '';
      input.dispatchEvent(new Event('input'));
    }
    await fill(part(debug, 'edit'), { op: 'scale', value: '0' });
    await debug.updateComplete;
    part(debug, 'edit').querySelector('form')!.requestSubmit();
    await debug.updateComplete;
  }

  test.each(['blocks.0.attn.hook_z', 'hook_embed'])(
    'made after %s changes the logits as the same edit made up front, and its receipt is told',
    async (place) => {
      const { model, debug } = await mountDebugger();
      const direct = await model.model!.run(PROMPT, { edits: [edit] });
      await start(debug);
      await breakAt(debug, place);
      await press(debug, 'continue');
      await makeEdit(debug);
      expect(textOf(part(debug, 'edits'))).toBe(
        'scale by 0 at pos -1, head 0 of blocks.0.attn.hook_z: to be applied when the session goes on.',
      );
      await press(debug, 'finish');
      expect(await bitsOf(traceOf(debug), LOGITS)).toEqual(await bitsOf(direct, LOGITS));
      expect(await bitsOf(traceOf(debug), LOGITS)).not.toEqual(await bitsOf(model.trace!, LOGITS));
      await until(() => textOf(part(debug, 'edits')).includes('changed 16 of 16 values; the first later tensor'));
      direct.dispose();
      await start(debug);
      expect(has(debug, 'edits')).toBe(false);
    },
  );

  test('the table shows the step that will apply it, and breakpoints stay with their steps', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'before blocks.1.attn.hook_z');
    const pressed = () =>
      rows(debug).findIndex((row) => row.querySelector('[part="breakpoint"]')!.ariaPressed === 'true');
    await until(() => pressed() > 0);
    const [before, count] = [pressed(), rows(debug).length];
    await breakAt(debug, 'blocks.0.attn.hook_z');
    await press(debug, 'continue');
    await makeEdit(debug);
    await until(() => rows(debug).length === count + 1);
    const next = rows(debug).find((row) => row.classList.contains('next'))!;
    await until(() => textOf(rows(debug).find((row) => row.classList.contains('next'))!).includes('edit'));
    expect(next).not.toBeUndefined();
    part(debug, 'breakpoints').querySelectorAll<HTMLButtonElement>('li button')[1]!.click();
    await until(() => pressed() === before + 1);
    await press(debug, 'continue');
    expect(where(debug)).toContain('Stopped at the breakpoint before blocks.1.attn.hook_z.');
    expect(textOf(part(debug, 'edits'))).toMatch(/applied\.$/);
  });

  test.each([
    [{ axis: 'second' }, /^pos: got "second", expected an index such as 3 or −1, a range such as 2:5, or nothing/],
    [{ axis: '77' }, /pos 77 is outside its size of 5\.$/],
    [{ value: 'half' }, /^The value: got "half", expected a number such as 0\.5 or −1e3\.$/],
    [{ tensor: 'hook_embedding' }, /^This program has no tensor named hook_embedding\. Near it: /],
  ])('%j is refused with a sentence', async (values, sentence) => {
    const { debug } = await mountDebugger();
    await start(debug);
    await press(debug, 'step');
    await fill(part(debug, 'edit'), values as unknown as Record<string, string>);
    await debug.updateComplete;
    part(debug, 'edit').querySelector('form')!.requestSubmit();
    await debug.updateComplete;
    expect(textOf(part(debug, 'edit').querySelector('[role="status"] [part="error"]')!)).toMatch(sentence);
    expect(has(debug, 'edits')).toBe(false);
  });

  test('that no later step would read is refused', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'blocks.1.hook_resid_pre');
    await press(debug, 'continue');
    await makeEdit(debug);
    expect(textOf(part(debug, 'edit').querySelector('[part="error"]')!)).toContain('no step after step');
  });
});

describe('what is shown at a stop', () => {
  test('is what the last step wrote, until a tensor is chosen in the table', async () => {
    const { model, debug } = await mountDebugger();
    await start(debug);
    expect(textOf(part(debug, 'later'))).toBe('No step has run yet, so there are no values.');
    await press(debug, 'step');
    const buffer = inner(debug, 'fluoro-buffer');
    await until(() => has(buffer, 'map') && textOf(part(buffer, 'readout')) !== '');
    expect(model.selection.tensor).toBe('hook_embed');
    const choose = async (row: number) => {
      rows(debug)[row]!.querySelector<HTMLButtonElement>('.ports button')!.click();
      await debug.updateComplete;
      return Object.values(traceOf(debug).program.steps[row]!.outputs)[0]!;
    };
    const later = await choose(6);
    expect(textOf(part(debug, 'later'))).toMatch(`${later} is not there yet: step 6 `);
    expect(inner(debug, 'fluoro-buffer').parentElement!.parentElement!.hidden).toBe(true);
    part(debug, 'later').querySelector('button')!.click();
    await until(() => where(debug).includes('Next is step 7'));
    expect(has(debug, 'later')).toBe(false);
    await until(() => textOf(buffer.shadowRoot!).includes(later));
  });

  test('a number that is chosen among the values is explained as the session holds it', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'blocks.0.hook_attn_out');
    await press(debug, 'continue');
    const buffer = inner(debug, 'fluoro-buffer');
    await until(() => has(buffer, 'map'));
    const detail = { tensor: 'blocks.0.hook_attn_out', index: { batch: 0, pos: 2, model: 55 } };
    buffer.dispatchEvent(new CustomEvent('fluoro-scalar', { detail, bubbles: true, composed: true }));
    const explain = inner(debug, 'fluoro-explain');
    await until(() => has(explain, 'number') && textOf(part(explain, 'number')).includes('pos 2 (b), model 55'));
    expect(textOf(part(explain, 'verdict'))).toContain('It agrees');
  });

  test('the shader is that of the selected step, and is stepped on the values of the session', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'blocks.0.hook_attn_out');
    await press(debug, 'continue');
    const kernel = inner(debug, 'fluoro-kernel');
    const at = writer(debug, 'blocks.0.hook_attn_out');
    await until(() => has(kernel, 'source') && textOf(kernel.shadowRoot!).includes(`Step ${at}: `));
    const inside = kernel.shadowRoot!.querySelector<HTMLElement>('[part="accuracy"] button, button[part="accuracy"]')!;
    inside.click();
    await until(() => /ULP/.test(textOf(kernel.shadowRoot!)));
    rows(debug)[at + 2]!.click();
    await until(() => textOf(kernel.shadowRoot!).includes(`Step ${at + 2}: `));
  });

  test('the step that is timed is the session’s own, after an edit of what had been read', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    const resid = 'blocks.0.hook_resid_pre';
    const kernel = inner(debug, 'fluoro-kernel');
    const session = debug.session!;
    await session.runTo('blocks.0.attn.hook_k');
    await press(debug, 'step');
    session.edit({ at: resid, op: 'scale', by: 2 });
    await press(debug, 'step');
    const edit = session.at - 1;
    expect(session.program.steps[edit]!.kernel).toBe('edit');
    rows(debug)[edit]!.click();
    await until(() => has(kernel, 'timing') && textOf(kernel.shadowRoot!).includes(`Step ${edit}: edit`));
    part(kernel, 'timing').querySelector('button')!.click();
    await until(() => /Median/.test(textOf(part(kernel, 'timing'))));
    expect(textOf(part(kernel, 'timing'))).toContain('of its shader clear on');
  });

  test('panels of the page’s own are given the same', async () => {
    const model = await prepareModel('induction', PROMPT, 'fluoro-debugger');
    const debug = model.querySelector('fluoro-debugger')!;
    debug.innerHTML =
      '<fluoro-program slot="program"></fluoro-program><fluoro-buffer slot="buffer" bits></fluoro-buffer>';
    await mount(model);
    const [program, buffer] = ['fluoro-program', 'fluoro-buffer'].map((tag) => debug.querySelector<HTMLElement>(tag)!);
    await until(() => program!.shadowRoot!.querySelector('[part="breakpoint"]'));
    await start(debug);
    await press(debug, 'step');
    await until(() => has(buffer!, 'map'));
    expect(program!.shadowRoot!.querySelectorAll('.later').length).toBe(
      program!.shadowRoot!.querySelectorAll('[part="row"]').length - 1,
    );
    expect(textOf(buffer!.shadowRoot!)).toContain('hook_embed');
  });

  test('before Start, the last pass, once a tensor is chosen', async () => {
    const { debug } = await mountDebugger();
    expect(inner(debug, 'fluoro-buffer')).toBeNull();
    rows(debug)[5]!.querySelector<HTMLButtonElement>('.ports button')!.click();
    await until(() => inner(debug, 'fluoro-buffer'));
    await until(() => has(inner(debug, 'fluoro-buffer'), 'map'));
    expect(has(debug, 'edit')).toBe(false);
  });
});

describe('the watch', () => {
  test('finds nothing in a sound pass and says how much it looked at', async () => {
    const { debug } = await mountDebugger();
    part(debug, 'watch').click();
    await until(() => textOf(part(debug, 'watched')) !== '');
    expect(textOf(part(debug, 'watched'))).toBe(
      `No NaN and no infinity in what ${rows(debug).length} steps have written.`,
    );
  });

  test('names the first NaN of a session that was edited, and shows it', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'blocks.1.hook_resid_pre');
    await press(debug, 'continue');
    await fill(part(debug, 'edit'), { op: 'set', value: 'NaN' });
    await debug.updateComplete;
    part(debug, 'edit').querySelector('form')!.requestSubmit();
    await press(debug, 'finish');
    part(debug, 'watch').click();
    await until(() => has(debug, 'watched') && textOf(part(debug, 'watched')) !== '');
    expect(textOf(part(debug, 'watched'))).toMatch(
      /^The first that is not finite: step \d+ edit: blocks\.0\.hook_resid_post at batch 0, pos 0, model 0: NaN/,
    );
    part(debug, 'show').click();
    const explain = inner(debug, 'fluoro-explain');
    await until(
      () => has(explain, 'number') && textOf(part(explain, 'number')).startsWith('NaN blocks.0.hook_resid_post'),
    );
  });
});

describe('the session ends', () => {
  test('when the prompt changes, which is said; breakpoints stay', async () => {
    const { model, debug } = await mountDebugger();
    await start(debug);
    await breakAt(debug, 'blocks.1.attn.hook_z');
    await press(debug, 'step');
    const { counters } = await testGpu();
    model.prompt = '<bos> a b c d e f';
    await until(() => model.trace!.program.pos === 7 && model.state === 'ready');
    await debug.updateComplete;
    expect(where(debug)).toBe('The prompt has changed, and the session has ended with it. Start debugs the new one.');
    expect(counters.bytesRetained).toBeGreaterThanOrEqual(model.trace!.bytes);
    expect(listed(debug)).toEqual(['after blocks.1.attn.hook_z']);
    await start(debug);
    await press(debug, 'continue');
    expect(where(debug)).toContain('Stopped at the breakpoint after blocks.1.attn.hook_z');
    expect(await bitsOf(traceOf(debug), 'blocks.1.attn.hook_z')).toEqual(
      await bitsOf(model.trace!, 'blocks.1.attn.hook_z'),
    );
  });

  test('amid a command, when the prompt changes', async () => {
    const { model, debug } = await mountDebugger();
    await start(debug);
    const { counters } = await testGpu();
    part(debug, 'continue').click();
    model.prompt = '<bos> q r';
    await until(() => model.trace!.program.pos === 3 && model.state === 'ready');
    await until(() => where(debug).startsWith('The prompt has changed'));
    await until(() => counters.bytesRetained <= model.trace!.bytes + 1e6);
    await start(debug);
    await press(debug, 'step');
    expect(where(debug)).toMatch(/^Step 0 /);
  });

  test('when the model goes away, or Quit is pressed: its memory is given back, its breakpoints stay', async () => {
    const { counters } = await testGpu();
    const { model, debug } = await mountDebugger();
    const before = model.trace!.bytes;
    await until(() => counters.bytesRetained === before); // what earlier tests held is gone
    const session = async () => {
      await start(debug);
      await press(debug, 'step');
      expect(counters.bytesRetained).toBeGreaterThan(before);
    };
    await breakAt(debug, 'any NaN');
    await session();
    await press(debug, 'quit');
    expect(counters.bytesRetained).toBe(before);
    expect(where(debug)).toBe('The session has ended. Start begins anew.');
    expect(listed(debug)).toEqual(['if any NaN']);
    await session();
    await start(debug);
    expect(counters.bytesRetained).toBe(before * 2);
    model.src = 'modular-addition';
    model.prompt = '12 34 =';
    await until(() => model.trace?.info.model === 'modular-addition');
    await debug.updateComplete;
    await until(() => counters.bytesRetained === model.trace!.bytes);
    expect(where(debug)).toContain('the session');
    await start(debug);
    model.remove();
    await until(() => counters.bytesRetained === 0);
  });

  test('20 sessions leak no GPU memory', async () => {
    const gpu = await testGpu();
    const [{ counters }, bytes] = [gpu, countBytes(gpu)];
    const { debug } = await mountDebugger();
    const cycle = async () => {
      await start(debug);
      await press(debug, 'step');
      await press(debug, 'finish');
      await press(debug, 'quit');
    };
    await cycle();
    const [held, retained] = [bytes(), counters.bytesRetained];
    for (let i = 0; i < 20; i++) await cycle();
    await until(() => bytes() <= held && counters.bytesRetained <= retained);
  });

  test('a mere move in the page keeps it', async () => {
    const { model, debug } = await mountDebugger();
    await start(debug);
    await press(debug, 'step');
    const box = document.createElement('div');
    model.append(box);
    box.append(debug);
    await debug.updateComplete;
    expect(where(debug)).toMatch(/^Step 0 /);
    await press(debug, 'step');
    expect(where(debug)).toMatch(/^Step 1 /);
  });

  test('with a device that is lost at a stop: it says so, and the model can be loaded again', async () => {
    const model = await prepareModel('induction', PROMPT, 'fluoro-debugger');
    model.device = undefined;
    await mount(model);
    const debug = model.querySelector('fluoro-debugger')!;
    await until(() => rows(debug).length > 0);
    await start(debug);
    await press(debug, 'step');
    const lost = await sharedDevice();
    lost.destroy();
    await lost.lost;
    await press(debug, 'continue');
    expect(where(debug)).toMatch(
      /^The session has ended\. The GPU device was lost \(.*\)\. Load the model again to get a new one\./,
    );
    expect(textOf(part(debug, 'start'))).toBe('Start');
    part(debug, 'way').click();
    await until(() => model.state === 'ready' && model.trace !== null && rows(debug).length > 0 && !has(debug, 'way'));
    await start(debug);
    await press(debug, 'continue');
    expect(where(debug)).toContain('The pass has ended');
    model.remove();
    (await sharedDevice()).destroy(); // the next test asks for one again
    await (await sharedDevice()).lost;
  });
});

describe('by keyboard alone', () => {
  test('it is started, stepped, given a breakpoint, run on and edited', async () => {
    const { debug } = await mountDebugger();
    part(debug, 'start').focus();
    await commands.press('Enter');
    await until(() => where(debug).startsWith('Nothing has run'));
    await commands.press('s');
    await until(() => where(debug).startsWith('Step 0'));
    await settled(debug);
    const tabTo = async (reached: (element: Element) => boolean) => {
      for (let i = 0; i < 60; i++) {
        if (reached(deepFocus()!)) return;
        await commands.press('Tab');
      }
      throw new Error(`Tab does not reach it, but ${deepFocus()!.outerHTML.slice(0, 80)}`);
    };
    await tabTo((element) => element.matches('tr'));
    for (let i = 0; i < 4; i++) await commands.press('ArrowDown');
    await commands.press('b');
    await until(() => listed(debug).length === 1);
    await commands.press('ArrowUp');
    await commands.press('r');
    await until(() => /Next is step 3/.test(where(debug)));
    await settled(debug);
    await commands.press('c');
    await until(() => /Stopped at the breakpoint .* Next is step 4/.test(where(debug)));
    await settled(debug);
    await tabTo((element) => element.matches('[part="place"]'));
    for (const key of ['s', 'c', 'r', 'b'] as const) await commands.press(key);
    await debug.updateComplete;
    expect(part<HTMLInputElement>(debug, 'place').value).toBe('scrb');
    expect(where(debug)).toContain('Next is step 4');
    expect(listed(debug)).toHaveLength(1);
    await tabTo((element) => element.matches('[part="apply"]'));
    await commands.press('Enter');
    await until(() => has(debug, 'edits') || debug.shadowRoot!.querySelector('[part="edit"] [part="error"]'));
  });

  test('keys in the shader’s panel leave the pass alone', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    await press(debug, 'step');
    const kernel = inner(debug, 'fluoro-kernel');
    await until(() => kernel.shadowRoot!.querySelector('button'));
    kernel.shadowRoot!.querySelector('button')!.focus();
    for (const key of ['s', 'c', 'b'] as const) await commands.press(key);
    await settled(debug);
    expect(where(debug)).toMatch(/^Step 0 /);
    expect(listed(debug)).toEqual([]);
  });

  test('keys do nothing elsewhere', async () => {
    const { debug } = await mountDebugger();
    await start(debug);
    const outside = await mount(document.createElement('button'));
    outside.focus();
    await commands.press('s');
    await settled(debug);
    expect(where(debug)).toMatch(/^Nothing has run/);
  });
});

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible before it starts, at a stop and with errors', async () => {
    await commands.colorScheme(scheme);
    const { debug } = await mountDebugger();
    debug.style.cssText += 'color-scheme: light dark; background: light-dark(white, black)';
    await expectAccessible(debug);
    await start(debug);
    await expectAccessible(debug);
    await breakAt(debug, 'blocks.0.attn.hook_z');
    await press(debug, 'continue');
    await breakAt(debug, 'x >');
    await until(() => has(inner(debug, 'fluoro-explain'), 'number') && has(inner(debug, 'fluoro-buffer'), 'map'));
    await expectAccessible(debug);
    await commands.colorScheme('light');
  });
});

test('fits 320 px', async () => {
  const { debug } = await mountDebugger();
  debug.style.width = '288px';
  await start(debug);
  await breakAt(debug, 'blocks.0.attn.hook_pattern');
  await breakAt(debug, 'row sums != 1', 'blocks.1.attn.hook_y');
  await press(debug, 'continue');
  await until(() => has(inner(debug, 'fluoro-explain'), 'number') && has(inner(debug, 'fluoro-buffer'), 'map'));
  const { right } = debug.getBoundingClientRect();
  const wide = [...debug.shadowRoot!.querySelectorAll('*')].filter(
    (element) => element.getBoundingClientRect().right > right + 0.5 && !element.closest('.hidden'),
  );
  expect(wide.map((element) => element.outerHTML.slice(0, 80))).toEqual([]);
  expect(part(debug, 'toolbar').getBoundingClientRect().bottom).toBeLessThan(
    inner(debug, 'fluoro-buffer').getBoundingClientRect().top,
  );
});

test('of a recorded trace it shows the steps, and says what it lacks', async () => {
  const model: Model = await fixtureModel('induction');
  const live = await model.run(PROMPT);
  const debug = document.createElement('fluoro-debugger');
  debug.trace = readTrace(await writeTrace(live, { hooks: [] }));
  live.dispose();
  await mount(debug);
  await until(() => rows(debug).length > 0);
  expect(textOf(part(debug, 'message'))).toMatch(
    /^These are the steps that were recorded\. Stepping takes the model, /,
  );
  expect(has(debug, 'toolbar')).toBe(false);
});

test('without a trace says so', async () => {
  const debug = await mount(document.createElement('fluoro-debugger'));
  expect(textOf(part(debug, 'message'))).toMatch(/^Nothing to show/);
});
