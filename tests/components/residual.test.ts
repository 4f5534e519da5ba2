import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroEditActions, FluoroResidual, SelectEvent } from '../../components/index';
import { placesOf } from '../../components/residual/places';
import { readResidual } from '../../components/residual/read-residual';
import { diverging } from '../../components/shared/colors';
import { formatShort } from '../../components/shared/text';
import { readTrace, type Trace, writeTrace } from '../../src/index';
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

const PROMPTS: Readonly<Record<Fixture, string>> = {
  shakespeare: 'To be, or not to be',
  induction: '<bos> a b c d a b c',
  'modular-addition': '12 34 =',
};

async function run(name: Fixture, edits: Parameters<Awaited<ReturnType<typeof fixtureModel>>['run']>[1] = {}) {
  return (await fixtureModel(name)).run(PROMPTS[name], edits);
}

async function mountResidual(trace: Trace, change: Partial<FluoroResidual> = {}): Promise<FluoroResidual> {
  const residual = document.createElement('fluoro-residual');
  Object.assign(residual, { trace, ...change });
  residual.style.cssText = 'width: 900px; color-scheme: light dark; background: light-dark(white, black)';
  await mount(residual);
  await grid(residual, 'map');
  return residual;
}

/** Rows of a [pos, model] tensor, as the trace reads it. */
async function rows(trace: Trace, name: string): Promise<number[][]> {
  const { data, shape } = await trace.read(name, { batch: 0 });
  const [pos, width] = shape as [number, number];
  return Array.from({ length: pos }, (_, p) => [...data.slice(p * width, (p + 1) * width)]);
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const lengthOf = (a: readonly number[]) => Math.sqrt(dot(a, a));

function option(residual: FluoroResidual, key: string): HTMLElement {
  return residual.shadowRoot!.querySelector<HTMLElement>(`[role="option"][title="${key}"]`)!;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible', async () => {
    await commands.colorScheme(scheme);
    const trace = await run('shakespeare');
    await expectAccessible(await mountResidual(trace));
    trace.dispose();
  });

  test('draws each cosine of the map in its colour', async () => {
    await commands.colorScheme(scheme);
    const trace = await run('induction');
    const residual = await mountResidual(trace, { measure: 'cosine' });
    const map = await grid(residual, 'map');
    const { places, labels } = (await readResidual(trace))!;
    for (const [row, { cosine }] of places.entries()) {
      for (const col of labels.keys()) {
        expect(pixel(map, { row, col }), `${row}, ${col}`).toEqual(colorOf(diverging, cosine[col]!, -1, 1, scheme));
      }
    }
    trace.dispose();
  });
});

test.each([
  [
    'shakespeare',
    'hook_embed hook_pos_embed blocks.0.hook_resid_pre blocks.0.hook_attn_out blocks.0.hook_resid_mid blocks.0.hook_mlp_out blocks.0.hook_resid_post blocks.1.hook_attn_out',
  ],
  [
    'induction',
    'hook_embed hook_pos_embed blocks.0.hook_resid_pre blocks.0.hook_attn_out blocks.0.hook_resid_post blocks.1.hook_attn_out blocks.1.hook_resid_post',
  ],
  [
    'modular-addition',
    'hook_embed hook_pos_embed blocks.0.hook_resid_pre blocks.0.hook_attn_out blocks.0.hook_resid_mid blocks.0.hook_mlp_out blocks.0.hook_resid_post',
  ],
] as const)('the places of %s are those of its program', async (name, first) => {
  const trace = await run(name);
  const keys = placesOf(trace.program).map(({ key }) => key);
  expect(keys.slice(0, first.split(' ').length).join(' ')).toBe(first);
  const { n_layers, attn_only } = (await fixtureModel(name)).config;
  expect(keys.length).toBe(3 + n_layers * (attn_only ? 2 : 4));
  expect(keys.at(-1)).toBe(`blocks.${n_layers - 1}.hook_resid_post`);
  trace.dispose();
});

test('the places of a stream that was edited three times, as a debugger may, come once each', async () => {
  const trace = await run('induction');
  const stream = 'blocks.1.hook_resid_post';
  const [first, second, third] = ['', 2, 3].map((nth) => `${stream}:before${nth}`) as [string, string, string];
  const edit = (x: string, y: string) => ({
    ...{ kernel: 'edit', inputs: { x, weight: 'w', offset: 'o' }, outputs: { y } },
    ...{ uniforms: {}, about: '' },
  });
  const steps = trace.program.steps.flatMap((step) =>
    Object.values(step.outputs).includes(stream)
      ? [{ ...step, outputs: { sum: first } }, edit(first, second), edit(second, third), edit(third, stream)]
      : [step],
  );
  const keys = placesOf({ ...trace.program, steps }).map(({ key }) => key);
  expect(keys.slice(-7)).toEqual([
    ...[first, `edit of ${second}`, second, `edit of ${third}`, third, `edit of ${stream}`, stream],
  ]);
  expect(new Set(keys).size).toBe(keys.length);
  trace.dispose();
});

test.each(['shakespeare', 'induction', 'modular-addition'] as const)('measures the vectors of %s', async (name) => {
  const trace = await run(name);
  const { places, final, complete, missing } = (await readResidual(trace))!;
  expect([complete, missing]).toEqual([true, []]);
  const ends = await rows(trace, final.tensor);
  for (const [i, place] of places.entries()) {
    const own = await rows(trace, place.tensor);
    for (const [p, vector] of own.entries()) {
      const [length, along] = [lengthOf(vector), dot(vector, ends[p]!) / lengthOf(ends[p]!)];
      expect(place.length[p]).toBeCloseTo(length, 9);
      expect(place.along[p]).toBeCloseTo(along, 9);
      expect(place.cosine[p]).toBeCloseTo(along / length, 9);
    }
    if (place.kind === 'stream' || i === 0) expect(place.turn).toBe(null);
    else {
      const [before, after] = [await rows(trace, places[i - 1]!.tensor), await rows(trace, places[i + 1]!.tensor)];
      for (const [p, a] of before.entries()) {
        const cosine = dot(a, after[p]!) / (lengthOf(a) * lengthOf(after[p]!));
        expect(place.turn![p]).toBeCloseTo((Math.acos(Math.min(1, cosine)) * 180) / Math.PI, 4);
      }
    }
  }
  // Along the final stream, what is written adds up to its length.
  for (const [p, length] of final.length.entries()) {
    const writes = places.filter(({ kind }) => kind !== 'stream');
    expect(writes.reduce((sum, { along }) => sum + along[p]!, 0)).toBeCloseTo(length, 3);
    expect(final.cosine[p]).toBeCloseTo(1, 9);
  }
  trace.dispose();
});

test('an edit of the stream is a place of its own, and an edited write is as it was edited', async () => {
  const edits = [
    { at: 'blocks.1.hook_resid_mid', op: 'scale', by: 0.5 },
    { at: 'blocks.0.hook_mlp_out', op: 'zero' },
  ] as const;
  const trace = await run('shakespeare', { edits });
  const { places } = (await readResidual(trace))!;
  const keys = places.map(({ key }) => key);
  const at = keys.indexOf('edit of blocks.1.hook_resid_mid');
  expect(keys.slice(at - 1, at + 2)).toEqual([
    'blocks.1.hook_resid_mid:before',
    'edit of blocks.1.hook_resid_mid',
    'blocks.1.hook_resid_mid',
  ]);
  const [before, edit, after] = places.slice(at - 1, at + 2);
  expect([before, edit, after].map((one) => one!.label)).toEqual(['1 mid old', '1 edit', '1 mid']);
  expect(edit!.length[2]).toBeCloseTo(before!.length[2]! / 2, 5);
  expect(after!.length[2]).toBeCloseTo(before!.length[2]! / 2, 5);
  expect(edit!.turn![2]).toBeCloseTo(0, 4);
  const silenced = places.find(({ key }) => key === 'blocks.0.hook_mlp_out')!;
  expect(silenced.length.every((length) => length === 0)).toBe(true);
  expect(silenced.cosine[2]).toBe(Number.NaN);
  const residual = await mountResidual(trace);
  option(residual, 'edit of blocks.1.hook_resid_mid').click();
  await residual.updateComplete;
  expect(textOf(part(residual, 'readout'))).toContain('1 edit writes');
  expect(option(residual, 'edit of blocks.1.hook_resid_mid').ariaSelected).toBe('true');
  option(residual, 'blocks.0.hook_mlp_out').click();
  await residual.updateComplete;
  expect(textOf(part(residual, 'readout'))).toContain('0 mlp writes 0.00 long; it turns the stream by 0.0°');
  trace.dispose();
});

test('draws each stream at its angle with the final one, further out where it is longer', async () => {
  const trace = await run('shakespeare');
  const residual = await mountResidual(trace);
  const { places } = (await readResidual(trace))!;
  const last = trace.program.pos - 1;
  const [first] = places;
  const streams = [first!, ...places.filter(({ kind }) => kind === 'stream')];
  const svg = part<SVGSVGElement>(residual, 'trajectory');
  const dots = [...svg.querySelectorAll('.dot')].map((one) =>
    ['cx', 'cy'].map((name) => Number(one.getAttribute(name))),
  );
  expect(dots.length).toBe(streams.length);
  const [, x, y] = /^M(\S+) (\S+)H/.exec(svg.querySelector('.axis')!.getAttribute('d')!)!.map(Number);
  const radii = dots.map(([cx, cy]) => Math.hypot(cx! - x!, cy! - y!));
  const scale = (i: number) => Math.log(streams[i]!.length[last]! / streams.at(-1)!.length[last]!);
  const least = streams.map((_, i) => i).reduce((a, b) => (scale(a) <= scale(b) ? a : b));
  for (const [i, [cx, cy]] of dots.entries()) {
    const angle = Math.acos(streams[i]!.cosine[last]!);
    expect(Math.cos(Math.atan2(y! - cy!, cx! - x!) - angle), streams[i]!.key).toBeGreaterThan(0.9999);
    const expected = radii.at(-1)! + ((radii.at(-1)! - radii[least]!) * scale(i)) / -scale(least);
    expect(Math.abs(radii[i]! - expected), streams[i]!.key).toBeLessThan(0.3);
  }
  trace.dispose();
});

test('choosing a write in the drawing, the list or the map selects its tensor, layer and position', async () => {
  const trace = await run('shakespeare');
  const residual = await mountResidual(trace);
  const chosen: SelectEvent['detail'][] = [];
  residual.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  const { places } = (await readResidual(trace))!;
  const last = trace.program.pos - 1;
  const at = { pos: last, query: last, key: null };
  const write = residual.shadowRoot!.querySelector('.move .mlp')!;
  write.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await residual.updateComplete;
  const { length, along } = places.find(({ key }) => key === 'blocks.0.hook_mlp_out')!;
  expect(textOf(part(residual, 'readout'))).toContain(
    `0 mlp writes ${formatShort(length[last]!)} long, ${formatShort(along[last]!)} of it along the final stream`,
  );
  expect(textOf(part(residual, 'readout'))).toContain('blocks.0.hook_mlp_out');
  option(residual, 'hook_embed').click();
  await residual.updateComplete;
  pointAt(await grid(residual, 'map'), { row: 8, col: 2 }, 'click');
  await residual.updateComplete;
  expect(chosen).toEqual([
    { tensor: 'blocks.0.hook_mlp_out', layer: 0, ...at },
    { tensor: 'hook_embed', ...at },
    { tensor: places[8]!.tensor, layer: 1, pos: 2, query: 2, key: null },
  ]);
  expect(textOf(residual.shadowRoot!.querySelector('.title')!)).toContain('(pos 2)');
  trace.dispose();
});

test('the list and the map are worked by the keyboard', async () => {
  const trace = await run('induction');
  const residual = await mountResidual(trace);
  option(residual, 'blocks.1.hook_resid_post').focus();
  await commands.press('Home');
  await commands.press('ArrowDown');
  await commands.press('PageDown');
  await commands.press('ArrowUp');
  await until(() => option(residual, 'blocks.1.hook_attn_out').ariaSelected === 'true');
  expect(residual.shadowRoot!.activeElement).toBe(option(residual, 'blocks.1.hook_attn_out'));
  expect(textOf(option(residual, 'blocks.1.hook_attn_out'))).toMatch(
    /^1 attn, [\d.]+ long, cosine [\d.]+, turns the stream by [\d.]+°$/,
  );
  (await grid(residual, 'map')).shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('ArrowUp');
  await commands.press('ArrowLeft');
  await until(() => textOf(residual.shadowRoot!.querySelector('.title')!).includes('(pos 6)'));
  expect(textOf(part(residual, 'readout'))).toContain('blocks.0.hook_resid_post');
  trace.dispose();
});

test('shares the selection with its siblings', async () => {
  const model = await mountModel('shakespeare', 'To be, or', 'fluoro-residual', 'fluoro-heads');
  const [residual, heads] = [model.querySelector('fluoro-residual')!, model.querySelector('fluoro-heads')!];
  await grid(residual, 'map');
  await grid(heads, 'pattern');
  option(residual, 'blocks.2.hook_attn_out').click();
  await until(() => heads.shadowRoot!.textContent!.includes('Layer 2, head 0'));
  model.select({ tensor: 'blocks.2.hook_resid_pre', pos: 1 });
  await until(() => option(residual, 'blocks.1.hook_resid_post').ariaSelected === 'true');
  expect(textOf(residual.shadowRoot!.querySelector('.title')!)).toContain('(pos 1)');
});

test('a write can be silenced, frozen or scaled, and a stream cannot', async () => {
  const model = await mountModel('shakespeare', 'To be', 'fluoro-residual');
  const residual = model.querySelector('fluoro-residual')!;
  await grid(residual, 'map');
  const asked: unknown[] = [];
  residual.addEventListener('fluoro-edit', (event) => {
    event.stopPropagation(); // Nothing is to run.
    asked.push(event.detail.add);
  });
  const actions = part<FluoroEditActions>(residual, 'edit-actions');
  await until(() => actions.shadowRoot);
  const buttons = async (key: string) => {
    option(residual, key).click();
    await residual.updateComplete;
    await actions.updateComplete;
    return [...actions.shadowRoot!.querySelectorAll('button')];
  };
  const found = await buttons('blocks.1.hook_mlp_out');
  expect(found.map(textOf)).toEqual(['Silence', 'Freeze', 'Scale by']);
  for (const one of found.slice(0, 2)) one.click();
  expect(asked).toEqual([['blocks.1.hook_mlp_out:zero'], ['blocks.1.hook_mlp_out:freeze']]);
  expect((await buttons('hook_embed')).map(textOf)).toEqual(['Silence', 'Scale by']);
  expect(await buttons('blocks.1.hook_resid_post')).toEqual([]);
});

test('reads the whole stream in one round trip', async () => {
  const trace = await run('shakespeare');
  const { counters } = await testGpu();
  const before = { ...counters };
  const residual = await mountResidual(trace);
  option(residual, 'hook_embed').click();
  await residual.updateComplete;
  expect(counters.submits - before.submits).toBe(1);
  trace.dispose();
});

test('a recorded trace looks as the live one did', async () => {
  const live = await run('shakespeare');
  const residual = await mountResidual(live);
  const [canvas, path] = [(await grid(residual, 'map')).canvas!.toDataURL(), part(residual, 'trajectory').innerHTML];
  residual.trace = readTrace(await writeTrace(live));
  live.dispose();
  await residual.settled();
  await (await grid(residual, 'map')).updateComplete;
  expect((await grid(residual, 'map')).canvas!.toDataURL()).toBe(canvas);
  expect(part(residual, 'trajectory').innerHTML.replace(/<!--.*?-->/g, '')).toBe(path.replace(/<!--.*?-->/g, ''));
});

test('paper says what the map shows', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const residual = await mountResidual(await run('induction'), { measure: 'cosine' });
  await commands.media('print', {});
  const choice = part<HTMLSelectElement>(residual, 'measure');
  expect(choice.closest('label')!.innerText).toMatch(/^At every token, the/);
  expect(choice.checkVisibility()).toBe(true);
  expect(getComputedStyle(choice).borderTopWidth).toBe('0px');
  residual.trace!.dispose();
});

test('says what a recording does not hold', async () => {
  const live = await run('shakespeare');
  const hooks = [
    'blocks.0.hook_resid_pre',
    'blocks.0.hook_attn_out',
    'blocks.1.hook_resid_pre',
    'blocks.2.hook_resid_post',
  ];
  const cut = readTrace(await writeTrace(live, { hooks }));
  const residual = await mountResidual(cut);
  const places = (await readResidual(cut))!;
  // resid_pre of layer 1 is resid_post of layer 0.
  expect(places.places.map(({ label }) => label)).toEqual(['0 pre', '0 attn', '0 post', '2 post']);
  expect(places.complete).toBe(false);
  expect(textOf(part(residual, 'notes'))).toMatch(
    /^Not in this trace: hook_embed, hook_pos_embed, blocks.0.hook_resid_mid, .* more\. The last stream that it holds, 2 post, stands for the final one\.$/,
  );
  residual.trace = readTrace(await writeTrace(live, { hooks: ['blocks.0.attn.hook_pattern'] }));
  await residual.updateComplete;
  expect(textOf(part(residual, 'message'))).toContain('This trace holds no residual stream');
  live.dispose();
});

test('the table has the values of the path, the list and the map', async () => {
  const trace = await run('induction');
  const residual = await mountResidual(trace, { measure: 'turn' });
  const { places, labels } = (await readResidual(trace))!;
  await openTable(residual);
  await until(() => residual.shadowRoot!.querySelector('[part~="data-table"] tbody tr'));
  const table = part(residual, 'data-table');
  const last = labels.length - 1;
  const body = [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map(textOf));
  expect(body.length).toBe(places.length);
  for (const [i, place] of places.entries()) {
    const numbers = body[i]!.slice(2).map((text) => Number(text.replace('−', '-')));
    expect(body[i]!.slice(0, 2)).toEqual([place.label, place.key]);
    expect(numbers[0]).toBeCloseTo(place.length[last]!, 2);
    expect(numbers[2]).toBeCloseTo(place.cosine[last]!, 2);
    for (const p of labels.keys()) {
      if (place.turn) expect(numbers[4 + p]).toBeCloseTo(place.turn[p]!, 0);
      else expect(body[i]![6 + p]).toBe('');
    }
  }
  trace.dispose();
});
