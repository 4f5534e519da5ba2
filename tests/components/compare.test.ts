import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroCompare, FluoroEditActions, FluoroModel, SelectEvent } from '../../components/index';
import { diverging } from '../../components/shared/colors';
import type { FluoroHeatmap } from '../../components/shared/heatmap';
import { formatPercent } from '../../components/shared/text';
import { compareTensors, compareTraces, readTrace, type Trace, textAnswers, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { watchNetwork } from './model-network';
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
  prepareModel,
  textOf,
  until,
} from './mount';

const PROMPT = '<bos> a b c d a b c';
const SILENCED = 'blocks.1.attn.hook_z[head=0]:zero';

async function mountEdited(...tags: string[]): Promise<[FluoroModel, FluoroCompare]> {
  const model = await prepareModel('induction', PROMPT, 'fluoro-compare', ...tags);
  model.edits = [SILENCED];
  await mount(model);
  const compare = model.querySelector('fluoro-compare')!;
  compare.style.cssText = 'width: 1000px; color-scheme: light dark; background: light-dark(white, black)';
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  await grid(compare, 'difference');
  return [model, compare];
}

async function mountPair(trace: Trace, other: Trace, change: Partial<FluoroCompare> = {}): Promise<FluoroCompare> {
  const compare = document.createElement('fluoro-compare');
  Object.assign(compare, { trace, other, ...change });
  compare.style.cssText = 'width: 1000px';
  await mount(compare);
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  return compare;
}

async function choose(compare: FluoroCompare, tensor: string): Promise<void> {
  const option = [...compare.shadowRoot!.querySelectorAll<HTMLElement>('[part="tensor"]')].find((one) =>
    textOf(one).startsWith(tensor),
  );
  option!.click();
  await until(() => compare.shadowRoot!.querySelector('.tensor-head .name')?.textContent === tensor);
  await grid(compare, 'difference');
}

const lyingTrace = async (trace: Trace, texts: unknown) =>
  readTrace(await writeTrace(trace, { answers: new Map([['texts?', texts]]) }));

const map = (compare: FluoroCompare, name: string) => grid(compare, name) as Promise<FluoroHeatmap>;

/** The first model on a device measures its kernels' variants. */
beforeAll(() => fixtureModel('induction'));
beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible', async () => {
    await commands.colorScheme(scheme);
    const [, compare] = await mountEdited();
    await expectAccessible(compare);
    compare.otherPrompt = '<bos> a';
    await until(() => compare.shadowRoot!.querySelector('[part="align"]'));
    await expectAccessible(compare);
  });

  test('draws the difference of each pair in its colour', async () => {
    await commands.colorScheme(scheme);
    const [model, compare] = await mountEdited();
    await choose(compare, 'blocks.1.hook_attn_out');
    const { matrix, rowLabels, max } = await map(compare, 'difference');
    const [a, b] = await Promise.all(
      [model.clean!, model.trace!].map((trace) => trace.read('blocks.1.hook_attn_out', { batch: 0 })),
    );
    const width = a!.shape[1]!;
    const differences = a!.data.map((value, i) => b!.data[i]! - value);
    expect(max).toBe(Math.max(...differences.map(Math.abs)));
    const peaks = Array.from({ length: width }, (_, i) =>
      Math.max(...differences.filter((_, at) => at % width === i).map(Math.abs)),
    );
    expect(rowLabels.map((label) => peaks[Number(label)]!)).toEqual([...peaks].sort((x, y) => y - x).slice(0, 16));
    const drawn = await map(compare, 'difference');
    for (let row = 0; row < matrix.rows; row++) {
      for (let col = 0; col < matrix.cols; col++) {
        const value = differences[col * width + Number(rowLabels[row])]!;
        expect(matrix.values[row * matrix.cols + col]).toBe(value);
        expect(pixel(drawn, { row, col }), `${row}, ${col}`).toEqual(colorOf(diverging, value, -max, max, scheme));
      }
    }
    const [left, right] = [await map(compare, 'left'), await map(compare, 'right')];
    for (const [i, value] of [left.matrix, right.matrix].map(({ values }) => values[17]!).entries()) {
      const [row, col] = [Math.floor(17 / matrix.cols), 17 % matrix.cols];
      expect(value).toBe([a!, b!][i]!.data[col * width + Number(rowLabels[row])]);
    }
  });
});

test('names the first step at which clean and edited part, and how far every tensor differs', async () => {
  const [model, compare] = await mountEdited();
  const [clean, edited] = [model.clean!, model.trace!];
  const { first, compared } = await compareTraces(clean, edited);
  const tensors = await compareTensors(clean, edited);
  const differing = tensors.filter(({ count }) => count > 0);
  expect(first!.tensor).toBe('blocks.1.attn.hook_z');
  expect(textOf(part(compare, 'verdict'))).toContain(
    `They part at step ${first!.step}, attn_mix, which writes blocks.1.attn.hook_z: at pos 0, head 0, dim 0`,
  );
  expect(textOf(part(compare, 'verdict'))).toContain(`${differing.length} of ${compared} tensors differ.`);
  const names = () => [...compare.shadowRoot!.querySelectorAll('[part="tensor"] .name')].map(textOf);
  const by = [...tensors].sort((a, b) => b.largest - a.largest || a.step - b.step).map(({ tensor }) => tensor);
  expect(names()).toEqual(by);
  const order = part<HTMLSelectElement>(compare, 'order');
  order.value = 'computation';
  order.dispatchEvent(new Event('change'));
  await compare.updateComplete;
  expect(names()).toEqual(tensors.map(({ tensor }) => tensor));
});

test('what a head does to the answer: silencing it where one looks changes it, undoing restores every bit', async () => {
  const model = await mountModel('induction', PROMPT, 'fluoro-heads', 'fluoro-compare', 'fluoro-tokens');
  const [heads, compare, tokens] = ['fluoro-heads', 'fluoro-compare', 'fluoro-tokens'].map(
    (tag) => model.querySelector<HTMLElement>(tag)!,
  ) as [HTMLElement, FluoroCompare, HTMLElement];
  await grid(heads, 'pattern');
  model.select({ layer: 1, head: 0 });
  const { output } = model.trace!.program;
  const before = (await model.trace!.read(output)).data;
  const said = () => textOf(part(tokens, 'next'));
  await until(() => tokens.shadowRoot!.querySelector('[part~="next"] li'));
  const answer = said();
  await until(() => compare.shadowRoot!.querySelector('[part="begin"]'));
  await until(() => heads.shadowRoot!.textContent!.includes('Layer 1, head 0'));
  const actions = part<FluoroEditActions>(heads, 'edit-actions');
  const silence = () => [...actions.shadowRoot!.querySelectorAll('button')].find((one) => textOf(one) === 'Silence')!;
  await until(() => actions.shadowRoot && silence());
  silence().click();
  await until(() => model.clean !== null && compare.shadowRoot!.querySelector('[part="verdict"]'));
  await until(() => silence().ariaPressed === 'true' && said() !== answer);
  const edited = (await model.trace!.read(output)).data;
  expect(edited).not.toEqual(before);
  expect((await model.clean!.read(output)).data).toEqual(before);
  await compare.settled();
  const rows = [...part(compare, 'next').querySelectorAll('tr')].slice(1);
  const last = model.trace!.program.pos - 1;
  const share = (logits: Float32Array, id: number) => {
    const own = [...logits].slice(last * (logits.length / (last + 1)));
    return Math.exp(own[id]!) / own.reduce((sum, logit) => sum + Math.exp(logit), 0);
  };
  for (const row of rows) {
    const id = Number(/\d+$/.exec(row.querySelector<HTMLElement>('th')!.title)![0]);
    const cells = [...row.querySelectorAll('td')].map(textOf);
    expect([cells[1], cells[3]]).toEqual([before, edited].map((logits) => formatPercent(share(logits, id))));
  }
  silence().click();
  await until(() => model.clean === null && compare.shadowRoot!.querySelector('[part="begin"]'));
  await until(() => silence().ariaPressed === 'false' && said() === answer);
  expect(new Uint32Array((await model.trace!.read(output)).data.buffer)).toEqual(new Uint32Array(before.buffer));
});

test('says how to begin, and begins', async () => {
  const model = await mountModel('induction', PROMPT, 'fluoro-compare');
  const compare = model.querySelector('fluoro-compare')!;
  await until(() => compare.shadowRoot!.querySelector('[part="begin"]'));
  await expectAccessible(compare);
  model.select({ layer: 1, head: 3 });
  await compare.updateComplete;
  expect(textOf(part(compare, 'silence'))).toBe('Silence head 1.3');
  part(compare, 'silence').click();
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  expect(model.edits).toEqual(['blocks.1.attn.hook_z[head=3]:zero']);
});

test('compares with another prompt, position by position, of another length too', async () => {
  const model = await mountModel('induction', PROMPT, 'fluoro-compare');
  const compare = model.querySelector('fluoro-compare')!;
  await until(() => compare.shadowRoot!.querySelector('[part="prompt"]'));
  const field = part<HTMLInputElement>(compare, 'prompt');
  field.value = '<bos> a x c';
  field.dispatchEvent(new Event('input'));
  part(compare, 'compare').click();
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  expect(compare.otherPrompt).toBe('<bos> a x c');
  expect(textOf(part(compare, 'pairing'))).toMatch(
    /^This prompt has 8 tokens, other prompt 4: 4 of them are compared, pos 0 to 3 with pos 0 to 3. One token differs, the first at pos 2: b ≠ x\. Paired/,
  );
  const other = await (await fixtureModel('induction')).run('<bos> a x c');
  const expected = await compareTensors(model.trace!, other);
  const last = expected.at(-1)!;
  await choose(compare, last.tensor);
  expect((await map(compare, 'difference')).max).toBe(last.largest);
  expect((await map(compare, 'difference')).colLabels).toEqual(['<bos>', 'a', 'b ≠ x', 'c']);
  const align = part<HTMLSelectElement>(compare, 'align');
  align.value = 'end';
  align.dispatchEvent(new Event('change'));
  await until(() => textOf(part(compare, 'pairing')).includes('pos 4 to 7 with pos 0 to 3'));
  const fromEnd = await compareTensors(model.trace!, other, { first: 4, second: 0, count: 4 });
  await until(async () => (await map(compare, 'difference')).max === fromEnd.at(-1)!.largest);
  expect((await map(compare, 'difference')).max).toBe(fromEnd.at(-1)!.largest);
  other.dispose();
});

test('says what is wrong with the other prompt, and goes back to the edits', async () => {
  const [, compare] = await mountEdited();
  compare.otherPrompt = 'no such tokens';
  await until(() => compare.shadowRoot!.querySelector('[part="message"]'));
  expect(part(compare, 'message').classList).toContain('problem');
  part(compare, 'edits').click();
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  expect(compare.otherPrompt).toBe(null);
  expect(textOf(part(compare, 'verdict'))).toContain('blocks.1.attn.hook_z');
});

test('two traces: a recording that is equal to the bit, one that is not, and one by its address', async () => {
  const model = await fixtureModel('induction');
  const [one, two] = [await model.run(PROMPT), await model.run('<bos> a b c d a b d')];
  const files = await Promise.all([one, two].map((trace) => writeTrace(trace)));
  const compare = await mountPair(one, readTrace(files[0]!));
  expect(textOf(part(compare, 'verdict'))).toMatch(/^All \d+ tensors are equal to the bit\.$/);
  expect(compare.shadowRoot!.querySelector('[part="form"]')).toBe(null);
  const url = URL.createObjectURL(new Blob([files[1]!]));
  compare.other = null;
  compare.otherTrace = url;
  await until(() => textOf(part(compare, 'verdict')).startsWith('They part at step'));
  expect(textOf(part(compare, 'verdict'))).toContain('hook_embed: at pos 7, model 0');
  expect(textOf(part(compare, 'pairing'))).toBe('One token differs, the first at pos 7: c ≠ d.');
  URL.revokeObjectURL(url);
  compare.otherTrace = '/nothing/here.safetensors';
  await until(() => compare.shadowRoot!.querySelector('[part="message"]'));
  expect(textOf(part(compare, 'message'))).toContain('/nothing/here.safetensors answers 404');
  compare.otherTrace = null;
  await until(() => textOf(part(compare, 'message')).startsWith('There is one trace and nothing to compare it with'));
  one.dispose();
  two.dispose();
});

test('a recording that does not come is asked for again, and its code is said', async () => {
  const live = await (await fixtureModel('induction')).run(PROMPT);
  const file = await writeTrace(live);
  let broken = true;
  watchNetwork((url) => {
    if (!url.endsWith('/flaky.safetensors')) return undefined;
    return broken ? new Response('', { status: 503 }) : new Response(file);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const compare = await mountPair(live, live, { otherTrace: '/flaky.safetensors' });
  compare.other = null;
  const shadow = compare.shadowRoot!;
  await until(() => shadow.querySelector('[part="retry"]'));
  expect(textOf(part(compare, 'message').parentElement!)).toBe(
    '/flaky.safetensors answers 503; expected a trace file. fetch-failed Try again',
  );
  await expectAccessible(compare);
  broken = false;
  part(compare, 'retry').click();
  await until(() => shadow.querySelector('[part="verdict"]'));
  expect(textOf(part(compare, 'verdict'))).toMatch(/^All \d+ tensors are equal to the bit\.$/);
  expect(shadow.querySelector('[part="retry"]')).toBeNull();
  live.dispose();
});

test('recorded traces look as the live ones did', async () => {
  const model = await fixtureModel('induction');
  const [one, two] = [await model.run(PROMPT), await model.run('<bos> a b c d a b d')];
  const compare = await mountPair(one, two, { tensor: 'blocks.1.attn.hook_pattern' });
  const pictures = async () => {
    const found: string[] = [];
    for (const name of ['left', 'difference', 'right']) found.push((await grid(compare, name)).canvas!.toDataURL());
    return found;
  };
  const before = [await pictures(), textOf(part(compare, 'verdict'))];
  const [first, second] = await Promise.all([one, two].map(async (trace) => readTrace(await writeTrace(trace))));
  Object.assign(compare, { trace: first, other: second });
  one.dispose();
  two.dispose();
  await compare.updateComplete;
  await until(
    () => !compare.shadowRoot!.querySelector('.stale') && compare.shadowRoot!.querySelector('[part="verdict"]'),
  );
  expect([await pictures(), textOf(part(compare, 'verdict'))]).toEqual(before);
});

test('recorded traces tell the texts of tokens that neither prompt has', async () => {
  const model = await fixtureModel('induction');
  const traces = await Promise.all(
    ['<bos> a b', '<bos> a c'].map(async (prompt) => {
      const trace = await model.run(prompt);
      const answers = await textAnswers(trace, model.tokenizer);
      const recorded = readTrace(await writeTrace(trace, { answers }));
      const plain = readTrace(await writeTrace(trace));
      trace.dispose();
      return [recorded, plain] as const;
    }),
  );
  const [[one, silent], [other]] = traces as [(typeof traces)[0], (typeof traces)[0]];
  const compare = await mountPair(one, other);
  await until(() => compare.shadowRoot!.querySelector('[part="next"]'));
  const next = [...part(compare, 'next').querySelectorAll('[scope="row"]')].map(
    (token) => [token.getAttribute('title')!.slice('token id '.length), textOf(token)] as const,
  );
  expect(next.map(([, text]) => text)).toEqual(next.map(([id]) => model.tokenizer!.token(Number(id))));
  expect(next.some(([id]) => ![one, other].some(({ tokens }) => tokens[0]!.includes(Number(id))))).toBe(true);

  const lying = await lyingTrace(silent, null);
  Object.assign(compare, { trace: lying, other: await lyingTrace(silent, [1, { a: 2 }]) });
  await compare.updateComplete;
  await until(() => textOf(part(compare, 'next')).includes('['));
});

test('the three maps share what is selected and pointed at', async () => {
  const [model, compare] = await mountEdited('fluoro-heads');
  const chosen: SelectEvent['detail'][] = [];
  compare.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  await choose(compare, 'blocks.1.attn.hook_pattern');
  const maps = await Promise.all(['left', 'difference', 'right'].map((name) => map(compare, name)));
  pointAt(maps[2]!, { row: 5, col: 2 }, 'click');
  await compare.updateComplete;
  expect(chosen).toEqual([{ tensor: 'blocks.1.attn.hook_pattern' }, { query: 5, pos: 5, key: 2 }]);
  for (const one of maps) expect(one.active).toEqual({ row: 5, col: 2 });
  expect(model.selection).toMatchObject({ query: 5, key: 2, pos: 5 });
  pointAt(maps[0]!, { row: 6, col: 1 });
  await compare.updateComplete;
  for (const one of maps) expect([one.hoverRow, ...one.hoverCols]).toEqual([6, 1]);
  const { data } = await model.trace!.read('blocks.1.attn.hook_pattern', { batch: 0, head: 0, query: 6, key: 1 });
  expect(data.length).toBe(1);
  expect(textOf(part(compare, 'readout'))).toMatch(/^from b \(6\) to a \(1\): .* clean → .* edited, difference 0$/);
  for (const one of maps) expect([1, 8].map(one.matrix.isVoid!)).toEqual([true, false]); // A later key was never compared.
  const head = part<HTMLSelectElement>(compare, 'head');
  head.value = '2';
  head.dispatchEvent(new Event('change'));
  await compare.updateComplete;
  expect(model.selection.head).toBe(2);
  const pattern = await model.trace!.read('blocks.1.attn.hook_pattern', { batch: 0, head: 2 });
  expect(Array.from(maps[2]!.matrix.values)).toEqual([...pattern.data]);
});

test('what a pass has as NaN is neither masked nor expected with any probability', async () => {
  const model = await fixtureModel('induction');
  const at = { at: 'blocks.1.attn.hook_pattern', slice: { head: 0, query: 5, key: 1 } } as const;
  const [trace, other] = [
    await model.run(PROMPT),
    await model.run(PROMPT, { edits: [{ ...at, op: 'set', value: Number.NaN }] }),
  ];
  const compare = await mountPair(trace, other);
  await choose(compare, at.at);
  const difference = await map(compare, 'difference');
  expect(pixel(difference, { row: 5, col: 1 })).toEqual([0, 158, 30, 255]);
  expect(pixel(difference, { row: 1, col: 5 })).toEqual([0, 0, 0, 0]);
  pointAt(difference, { row: 5, col: 1 }, 'click');
  await compare.updateComplete;
  await difference.updateComplete;
  expect(textOf(part(compare, 'readout'))).toMatch(
    /^from a \(5\) to a \(1\): \S+ this trace → NaN other trace, difference NaN$/,
  );
  expect(textOf(difference.shadowRoot!.querySelector('[role="gridcell"]')!)).toMatch(/ to a \(1\), .* NaN$/);
  const next = part(compare, 'next').closest('section')!;
  expect(textOf(next)).toContain(
    'other trace: The logits here hold NaN or infinities: nothing can be said of the next',
  );
  const rows = [...next.querySelectorAll('tr')].slice(1).map((row) => [...row.cells].map(textOf));
  expect(rows.map(([token, , share]) => [token, share])).toHaveLength(5);
  for (const [, , share, , unknown, logit] of rows)
    expect([/%$/.test(share!), unknown, logit]).toEqual([true, 'NaN', 'NaN']);
  expect(next.querySelectorAll('.share')).toHaveLength(5);
  const listed = [...compare.shadowRoot!.querySelectorAll('[part="tensor"]')].map(textOf);
  expect(listed[0]).toContain('not finite');
  await choose(compare, trace.program.output);
  const logits = await map(compare, 'right');
  expect(Number.isFinite(logits.max)).toBe(true);
  expect(pixel(logits, { row: 0, col: 5 })).toEqual([0, 158, 30, 255]);
  expect(textOf(part(compare, 'readout'))).toMatch(/ after a \(5\): \S+ this trace → NaN other trace, difference NaN$/);
  for (const one of [trace, other]) one.dispose();
});

test('the list and the maps are worked by the keyboard', async () => {
  const [model, compare] = await mountEdited();
  const options = () => [...compare.shadowRoot!.querySelectorAll<HTMLElement>('[part="tensor"]')];
  options()
    .find((one) => one.tabIndex === 0)!
    .focus();
  await commands.press('Home');
  await commands.press('ArrowDown');
  await until(() => options()[1]!.ariaSelected === 'true');
  const name = textOf(options()[1]!.querySelector('.name')!);
  await until(() => textOf(compare.shadowRoot!.querySelector('.tensor-head .name')!) === name);
  expect(model.selection.tensor).toBe(name);
  const difference = await grid(compare, 'difference');
  difference.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('Home');
  await commands.press('ArrowDown');
  await until(() => (difference as FluoroHeatmap).active.row === 1 && model.selection.pos === 0);
  expect((await map(compare, 'right')).active).toEqual({ row: 1, col: 0 });
});

test('a neuron that is chosen is selected for its siblings, and followed', async () => {
  const model = await prepareModel('shakespeare', 'To be, or', 'fluoro-compare');
  model.edits = ['blocks.0.attn.hook_z[head=3]:zero'];
  await mount(model);
  const compare = model.querySelector('fluoro-compare')!;
  await until(() => compare.shadowRoot!.querySelector('[part="verdict"]'));
  await choose(compare, 'blocks.2.mlp.hook_post');
  const difference = await map(compare, 'difference');
  pointAt(difference, { row: 3, col: 1 }, 'click');
  await compare.updateComplete;
  const neuron = Number(difference.rowLabels[3]);
  expect(model.selection).toMatchObject({ neuronLayer: 2, neuron, pos: 1 });
  model.select({ neuron: Number(difference.rowLabels[5]) });
  await compare.updateComplete;
  expect(difference.active.row).toBe(5);
});

test('the table has every tensor, in the list’s order', async () => {
  const [model, compare] = await mountEdited();
  await openTable(compare);
  await until(() => compare.shadowRoot!.querySelector('[part~="data-table"] tbody tr'));
  const rows = [...part(compare, 'data-table').querySelectorAll('tbody tr')].map((row) =>
    [...row.children].map(textOf),
  );
  const tensors = (await compareTensors(model.clean!, model.trace!)).sort(
    (a, b) => b.largest - a.largest || a.step - b.step,
  );
  expect(rows.map(([tensor, step, kernel]) => [tensor, Number(step), kernel])).toEqual(
    tensors.map(({ tensor, step, kernel }) => [tensor, step, kernel]),
  );
  expect(rows.map((row) => Number(row[4]))).toEqual(tensors.map(({ count }) => count));
});

test('at 360 px it scrolls within its maps, however many tokens there are, and never the page', async () => {
  const model = await fixtureModel('induction');
  for (const count of [31, 60]) {
    const [one, two] = [await model.run(`<bos>${' a'.repeat(count)}`), await model.run(`<bos>${' b'.repeat(count)}`)];
    for (const tensor of ['blocks.1.attn.hook_pattern', 'blocks.1.hook_resid_post']) {
      const compare = await mountPair(one, two, { tensor });
      compare.style.width = '344px';
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      const box = (await grid(compare, 'left')).shadowRoot!.querySelector('.scroll')!;
      if (count === 60) expect(box.scrollWidth).toBeGreaterThan(box.clientWidth);
      expect(box.getBoundingClientRect().right).toBeLessThanOrEqual(compare.getBoundingClientRect().right + 0.5);
      expect(compare.scrollWidth).toBeLessThanOrEqual(344);
    }
  }
});

test('the three maps are scrolled together where they are wider than their boxes', async () => {
  const model = await fixtureModel('induction');
  const [one, two] = [await model.run(`<bos>${' a'.repeat(60)}`), await model.run(`<bos>${' b'.repeat(60)}`)];
  const compare = await mountPair(one, two, { tensor: 'blocks.1.attn.hook_pattern' });
  const boxes = await Promise.all(
    ['left', 'difference', 'right'].map(
      async (name) => (await grid(compare, name)).shadowRoot!.querySelector('.scroll')!,
    ),
  );
  for (const box of boxes) expect(box.scrollWidth).toBeGreaterThan(box.clientWidth + 60);
  // What a map scrolled to by itself is told in the next frame.
  const settled = async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  };
  await settled();
  for (const [i, to] of [40, 10, 25].entries()) {
    boxes[i]!.scrollLeft = to;
    await settled();
    await until(() => boxes.every((box) => box.scrollLeft === to));
  }
  one.dispose();
  two.dispose();
});

test('on paper each map is as wide as its panel, however many tokens it has', async () => {
  onTestFinished(() => commands.media('screen', {}));
  const model = await fixtureModel('induction');
  const [one, two] = [await model.run(`<bos>${' a'.repeat(60)}`), await model.run(`<bos>${' b'.repeat(60)}`)];
  const compare = await mountPair(one, two, { tensor: 'blocks.1.attn.hook_pattern' });
  const canvas = (await grid(compare, 'difference')).canvas!;
  const { host } = canvas.getRootNode() as ShadowRoot;
  const { width, height } = canvas.getBoundingClientRect();
  expect(width).toBeGreaterThan(host.clientWidth);
  await commands.media('print', {});
  await until(() => canvas.getBoundingClientRect().width <= host.clientWidth);
  const printed = canvas.getBoundingClientRect();
  expect(printed.width).toBeGreaterThan(host.clientWidth - 2);
  expect(printed.height / printed.width).toBeCloseTo(height / width, 1);
  one.dispose();
  two.dispose();
});
