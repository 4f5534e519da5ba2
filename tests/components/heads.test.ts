import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroHeads, SelectEvent } from '../../components/index';
import { sequential } from '../../components/shared/colors';
import { formatValue } from '../../components/shared/text';
import { readTrace, type Trace, writeTrace } from '../../src/index';
import { fixtureModel, testGpu } from '../harness/fixtures';
import {
  colorOf,
  expectAccessible,
  frame,
  grid,
  mount,
  mountModel,
  openTable,
  part,
  pixel,
  pointAt,
  savedFile,
  textOf,
  until,
} from './mount';

const PROMPT = '<bos> a b c d a b c';
const NAME = 'blocks.1.attn.hook_pattern';

async function liveTrace(): Promise<Trace> {
  const model = await fixtureModel('induction');
  return model.run(PROMPT);
}

async function mountHeads(trace: Trace): Promise<FluoroHeads> {
  const heads = document.createElement('fluoro-heads');
  heads.trace = trace;
  heads.style.width = '900px';
  await mount(heads);
  await grid(heads, 'pattern');
  return heads;
}

/** Chooses a head by its thumbnail. */
async function choose(heads: FluoroHeads, layer: number, head: number): Promise<void> {
  pointAt(await grid(heads, 'grid'), { row: layer, col: head }, 'click');
  await until(() => textOf(part(heads, 'readout')).includes(`blocks.${layer}.attn.hook_pattern · head ${head}`));
  await (await grid(heads, 'pattern')).updateComplete;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible', async () => {
    await commands.colorScheme(scheme);
    const heads = await mountHeads(await liveTrace());
    heads.style.colorScheme = 'light dark';
    heads.style.background = 'light-dark(white, black)';
    await expectAccessible(heads);
    heads.trace!.dispose();
  });

  test('draws each weight in its colour, and masked pairs not at all', async () => {
    await commands.colorScheme(scheme);
    const trace = await liveTrace();
    const heads = document.createElement('fluoro-heads');
    heads.trace = trace;
    heads.style.cssText = 'width: 900px; color-scheme: light dark';
    await mount(heads);
    await grid(heads, 'pattern');
    await choose(heads, 1, 2);
    const map = await grid(heads, 'pattern');
    const { data } = await trace.read(NAME, { batch: 0, head: 2 });
    const pos = trace.program.pos;
    for (let row = 0; row < pos; row++) {
      for (let col = 0; col < pos; col++) {
        const expected = col > row ? [0, 0, 0, 0] : colorOf(sequential, data[row * pos + col]!, 0, 1, scheme);
        expect(pixel(map, { row, col }), `query ${row}, key ${col}`).toEqual(expected);
      }
    }
    trace.dispose();
  });
});

test('what the pass itself has as NaN is no masked pair, neither in a picture nor in words nor in the table', async () => {
  const model = await fixtureModel('induction');
  const set = (query: number, key: number, value: number) =>
    ({ at: NAME, slice: { head: 2, query, key }, op: 'set', value }) as const;
  const trace = await model.run(PROMPT, { edits: [set(5, 1, Number.NaN), set(6, 2, Infinity), set(7, 0, Number.NaN)] });
  const heads = await mountHeads(trace);
  await choose(heads, 1, 2);
  const [map, thumbnails] = [await grid(heads, 'pattern'), await grid(heads, 'grid')];
  const at = { nan: [0, 158, 30, 255], infinite: [255, 214, 0, 255], nothing: [0, 0, 0, 0] };
  const colors = (row: number, col: number) => [
    pixel(map, { row, col }),
    pixel(thumbnails, { row: 1, col: 2 }, (col + 0.5) / 8, (row + 0.5) / 8),
  ];
  expect(colors(5, 1)).toEqual([at.nan, at.nan]);
  expect(colors(6, 2)).toEqual([at.infinite, at.infinite]);
  expect(colors(1, 5)).toEqual([at.nothing, at.nothing]);
  const says = async (row: number, col: number) => {
    pointAt(map, { row, col }, 'click');
    pointAt(map, { row, col });
    await heads.updateComplete;
    await map.updateComplete;
    const cell = textOf(map.shadowRoot!.querySelector('[role="gridcell"]')!);
    const token = part(heads, 'text').children[col] as HTMLElement;
    return [
      textOf(part(heads, 'readout')).split(` ${NAME}`)[0],
      cell,
      textOf(token.querySelector('small')!),
      token.title,
    ];
  };
  const [nan, infinite, masked] = [await says(5, 1), await says(6, 2), await says(5, 6)];
  expect(nan).toEqual(['from a (5) to a (1), NaN', 'from a (5) to a (1), NaN', 'NaN', 'pos 1: NaN']);
  expect(infinite[0]).toBe('from b (6) to b (2), Infinity');
  expect(masked).toEqual([
    'from a (5) to b (6), masked: it comes later',
    'from a (5) to b (6), masked',
    '–',
    'pos 6: masked',
  ]);
  expect(textOf(thumbnails.shadowRoot!.querySelector('[role="gridcell"]')!)).toBe(
    "layer 1, head 2; the last token's weights are NaN",
  );
  const rows = [...(await openTable(heads)).querySelectorAll('tbody tr')].map((row) => [...row.children].map(textOf));
  expect(rows).toHaveLength((8 * 9) / 2);
  expect(rows.filter((row) => row[4] === 'NaN').map((row) => row.join(' '))).toEqual([
    'a 5 a 1 NaN',
    'c 7 <bos> 0 NaN',
  ]);
  part(heads, 'actions-button').click();
  const { content } = await savedFile(heads, 'csv');
  expect(await new Response(content).text()).toContain('a,5,a,1,NaN\r\n');
  trace.dispose();
});

test('the thumbnails show every head of every layer', async () => {
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  const thumbnails = await grid(heads, 'grid');
  const pos = trace.program.pos;
  for (const layer of [0, 1]) {
    for (const head of [0, 1, 2, 3]) {
      const { data } = await trace.read(`blocks.${layer}.attn.hook_pattern`, { batch: 0, head });
      for (const [query, key] of [
        [0, 0],
        [5, 2],
        [7, 7],
        [2, 5],
      ] as const) {
        const value = data[query * pos + key]!;
        const expected = key > query ? [0, 0, 0, 0] : colorOf(sequential, value, 0, 1);
        const got = pixel(thumbnails, { row: layer, col: head }, (key + 0.5) / pos, (query + 0.5) / pos);
        expect(got, `layer ${layer}, head ${head}, query ${query}, key ${key}`).toEqual(expected);
      }
    }
  }
  trace.dispose();
});

test('says so where there is no such head', async () => {
  const trace = await liveTrace();
  const heads = document.createElement('fluoro-heads');
  Object.assign(heads, { trace, layer: 1, head: 99 });
  await mount(heads);
  await grid(heads, 'pattern');
  const title = () => textOf(heads.shadowRoot!.querySelector('.large .title')!);
  expect(title()).toBe('Layer 1, head 3 (this trace has no 1.99)');
  await choose(heads, 1, 2);
  expect(title()).toBe('Layer 1, head 2');
  trace.dispose();
});

test('says the value under the pointer, as the trace reads it', async () => {
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  await choose(heads, 1, 1);
  const { data } = await trace.read(NAME, { batch: 0, head: 1, query: 6, key: 3 });
  pointAt(await grid(heads, 'pattern'), { row: 6, col: 3 });
  await heads.updateComplete;
  const weight = formatValue(data[0]!);
  expect(textOf(part(heads, 'readout'))).toBe(
    `from b (6) to c (3), ${weight} ${NAME} · head 1 · rows are queries, columns keys`,
  );
  pointAt(await grid(heads, 'pattern'), { row: 3, col: 6 });
  await heads.updateComplete;
  expect(textOf(part(heads, 'readout'))).toContain('from c (3) to b (6), masked: it comes later');
  trace.dispose();
});

test('says which head, and the value, under the pointer in the thumbnails', async () => {
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  const thumbnails = await grid(heads, 'grid');
  const title = () => textOf(part(heads, 'thumbnail').parentElement!);
  expect(title()).toBe('All heads layers down, heads across');
  const top = thumbnails.getBoundingClientRect().top;
  const over = async (query: number, key: number) => {
    const canvas = thumbnails.canvas!;
    const { left, top } = canvas.getBoundingClientRect();
    const rect = thumbnails.cellRect({ row: 1, col: 3 });
    const clientX = left + rect.x + (rect.width * (key + 0.5)) / 8;
    const clientY = top + rect.y + (rect.height * (query + 0.5)) / 8;
    canvas.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY }));
    await heads.updateComplete;
  };
  for (const [query, key] of [
    [6, 3],
    [6, 2],
    [7, 7],
  ] as const) {
    await over(query, key);
    const { data } = await trace.read(NAME, { batch: 0, head: 3, query, key });
    const [from, to] = [query, key].map((pos) => `${trace.labels[0]![pos]} (${pos})`);
    expect(title()).toBe(`Layer 1, head 3 ${formatValue(data[0]!)} from ${from} to ${to}`);
  }
  await over(2, 5);
  expect(title()).toBe('Layer 1, head 3 masked from b (2) to a (5)');
  heads.style.width = '240px';
  await heads.updateComplete;
  expect(part(heads, 'thumbnail').getBoundingClientRect().height).toBeLessThan(25);
  heads.style.width = '900px';
  expect(thumbnails.getBoundingClientRect().top).toBe(top);
  pointAt(thumbnails, null);
  await heads.updateComplete;
  expect(title()).toBe('All heads layers down, heads across');
  trace.dispose();
});

test.each([
  ['1', '2', 1, 2],
  ['9', '9', 0, 3],
  ['-1', '-1', 0, 0],
  ['abc', '1.5', 0, 0],
])('layer=%j head=%j begins with layer %d, head %d', async (...[layer, head, shownLayer, shownHead]) => {
  const heads = document.createElement('fluoro-heads');
  heads.setAttribute('layer', layer);
  heads.setAttribute('head', head);
  heads.trace = await liveTrace();
  await mount(heads);
  await grid(heads, 'pattern');
  const shown = () => textOf(part(heads, 'readout'));
  expect(shown()).toContain(`blocks.${shownLayer}.attn.hook_pattern · head ${shownHead}`);
  await choose(heads, 0, 1);
  heads.trace.dispose();
  heads.trace = await liveTrace();
  await heads.updateComplete;
  expect(shown()).toContain('blocks.0.attn.hook_pattern · head 1');
  heads.trace.dispose();
});

test('the colours follow the page: a class of its root, and what the figure is put into', async () => {
  const style = document.createElement('style');
  style.textContent = ':root.night { color-scheme: dark }';
  const root = document.documentElement;
  onTestFinished(() => {
    style.remove();
    root.removeAttribute('class');
  });
  document.head.append(style);
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  const map = await grid(heads, 'pattern');
  const weight = (await trace.read('blocks.0.attn.hook_pattern', { batch: 0, head: 0, query: 3, key: 2 })).data[0]!;
  const cell = () => String(pixel(map, { row: 3, col: 2 }));
  const [light, dark] = (['light', 'dark'] as const).map((one) => String(colorOf(sequential, weight, 0, 1, one)));
  expect(cell()).toBe(light);
  root.className = 'night';
  await until(() => cell() === dark);
  root.className = '';
  await choose(heads, 0, 0); // Drawn while the colours change.
  await until(() => cell() === light);
  const night = document.createElement('div');
  night.style.colorScheme = 'dark';
  onTestFinished(() => night.remove());
  heads.remove();
  night.append(heads);
  document.body.append(night);
  await until(() => cell() === dark);
  trace.dispose();
});

test('scrolls to the selected cell where it is out of sight, but never under the pointer', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run(`<bos>${' a'.repeat(63)}`);
  const heads = document.createElement('fluoro-heads');
  heads.trace = trace;
  heads.style.width = '360px';
  await mount(heads);
  const map = await grid(heads, 'pattern');
  const box = map.shadowRoot!.querySelector('.scroll')!;
  const select = async (query: number, key: number) => {
    (heads as unknown as { select(change: object): void }).select({ query, key });
    await heads.updateComplete;
    await map.updateComplete;
    await frame();
    const { left, right } = map.cellRect({ row: query, col: key });
    return left >= box.scrollLeft && right <= box.scrollLeft + box.clientWidth;
  };
  expect(box.scrollWidth).toBeGreaterThan(box.clientWidth);
  expect(await select(63, 63)).toBe(true);
  expect(await select(63, 0)).toBe(true);
  pointAt(map, { row: 3, col: 3 });
  expect(await select(63, 62)).toBe(false);
  expect(box.scrollLeft).toBeLessThan(60);
  pointAt(map, null);
  expect(await select(62, 60)).toBe(true);
  trace.dispose();
});

test('the arrow keys move through queries and keys', async () => {
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  const chosen: SelectEvent['detail'][] = [];
  heads.addEventListener('fluoro-select', ({ detail }) => chosen.push(detail));
  const map = await grid(heads, 'pattern');
  map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('Home');
  await commands.press('ArrowRight');
  await commands.press('ArrowUp');
  await until(() => chosen.length === 3);
  expect(chosen).toEqual([
    { query: 7, pos: 7, key: 0 },
    { query: 7, pos: 7, key: 1 },
    { query: 6, pos: 6, key: 1 },
  ]);
  const { data } = await trace.read('blocks.0.attn.hook_pattern', { batch: 0, head: 0, query: 6, key: 1 });
  const cell = map.shadowRoot!.querySelector('[role="gridcell"]')!;
  await until(() => cell.parentElement!.ariaRowIndex === '8'); // The first row is that of the headers.
  expect(textOf(map.shadowRoot!.querySelector('[role="columnheader"]')!)).toBe('a');
  expect(textOf(map.shadowRoot!.querySelector('[role="rowheader"]')!)).toBe('b');
  expect(textOf(map.shadowRoot!.querySelector('[role="gridcell"]')!)).toBe(
    `from b (6) to a (1), ${formatValue(data[0]!)}`,
  );
  expect(textOf(part(heads, 'readout'))).toContain(`from b (6) to a (1), ${formatValue(data[0]!)}`);
  trace.dispose();
});

test('the arrow keys move through the heads', async () => {
  const trace = await liveTrace();
  const heads = await mountHeads(trace);
  (await grid(heads, 'grid')).shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
  await commands.press('ArrowDown');
  await commands.press('End');
  await until(() => textOf(part(heads, 'readout')).includes(`${NAME} · head 3`));
  trace.dispose();
});

test('reads all layers in one round trip, and none for hovering or another head', async () => {
  const trace = await liveTrace();
  const { counters } = await testGpu();
  const before = { ...counters };
  const heads = await mountHeads(trace);
  await choose(heads, 1, 3);
  pointAt(await grid(heads, 'pattern'), { row: 2, col: 1 });
  await heads.updateComplete;
  expect(counters.submits - before.submits).toBe(1);
  expect(counters.bytesRead - before.bytesRead).toBe(2 * 4 * 8 * 8 * 4);
  trace.dispose();
});

test('a recorded trace looks as the live one did', async () => {
  const live = await liveTrace();
  const heads = await mountHeads(live);
  await choose(heads, 1, 2);
  const before = (await grid(heads, 'pattern')).canvas!.toDataURL();
  heads.trace = readTrace(await writeTrace(live));
  live.dispose();
  await heads.settled();
  await (await grid(heads, 'pattern')).updateComplete;
  expect((await grid(heads, 'pattern')).canvas!.toDataURL()).toBe(before);
});

test('shares the tokens that are selected and pointed at', async () => {
  const model = await mountModel('induction', PROMPT, 'fluoro-tokens', 'fluoro-heads');
  const [tokens, heads] = [model.querySelector('fluoro-tokens')!, model.querySelector('fluoro-heads')!];
  const map = await grid(heads, 'pattern');
  await until(() => tokens.shadowRoot!.querySelectorAll('[role="option"]').length === 8);
  const chip = (pos: number) => tokens.shadowRoot!.querySelectorAll<HTMLElement>('[role="option"]')[pos]!;
  chip(4).click();
  await until(() => textOf(part(heads, 'readout')).startsWith('from d (4)'));

  pointAt(map, { row: 6, col: 2 });
  await until(() => chip(6).classList.contains('over') && chip(2).classList.contains('key'));
  pointAt(map, null);
  await until(() => !chip(6).classList.contains('over'));

  chip(3).dispatchEvent(new PointerEvent('pointerenter'));
  await until(() => textOf(heads.shadowRoot!).includes('From c (pos 3), this head looks at'));
});

describe('where there is nothing to draw', () => {
  test('says so without a trace', async () => {
    const heads = await mount(document.createElement('fluoro-heads'));
    expect(textOf(part(heads, 'message'))).toBe(
      'Nothing to show: put this element into a <fluoro-model>, or set its trace property.',
    );
    await expectAccessible(heads);
  });

  test.each([42, {}, [], 'trace.safetensors', new Uint8Array(3)])(
    'says so of %j, which is no trace, and draws one that is set then',
    async (value) => {
      const heads = await mount(document.createElement('fluoro-heads'));
      const tokens = await mount(document.createElement('fluoro-tokens'));
      const trace = await liveTrace();
      onTestFinished(() => trace.dispose());
      for (const element of [heads, tokens]) {
        Object.assign(element, { trace: value });
        await element.settled();
        expect(textOf(part(element, 'message').parentElement!)).toBe(
          'The trace that is set is none: readTrace gives one. usage Try again',
        );
        element.trace = trace;
        await element.settled();
        expect(element.shadowRoot!.querySelector('.problem')).toBeNull();
        element.trace = null;
        await element.settled();
        expect(textOf(part(element, 'message'))).toMatch(/^Nothing to show: put this element into a <fluoro-model>/);
      }
    },
  );

  test('says so of a recording without patterns', async () => {
    const live = await liveTrace();
    const heads = document.createElement('fluoro-heads');
    heads.trace = readTrace(await writeTrace(live, { hooks: ['hook_embed'] }));
    live.dispose();
    await mount(heads);
    await until(() => textOf(part(heads, 'message')).startsWith('This trace holds no attention pattern'));
  });

  test('gives the sentence of an error', async () => {
    const trace = await liveTrace();
    trace.dispose();
    const heads = document.createElement('fluoro-heads');
    heads.trace = trace;
    await mount(heads);
    await until(() => textOf(part(heads, 'message')).startsWith('This trace was disposed'));
    expect(part(heads, 'message').role).toBe('alert');
  });
});
