/** 128 tokens × 12 layers × 12 heads: what it costs the page, in nodes and in pictures that are made again. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { countNodes } from '../../bench/long-input';
import { HEADS, LAYERS, longTraceFile, POS } from '../../bench/long-trace';
import type { CanvasGrid } from '../../components/shared/canvas-grid';
import { readTrace, type Trace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { frame, grid, mount, openTable, pointAt, textOf, until } from './mount';

let file: Promise<Uint8Array<ArrayBuffer>> | undefined;

async function longTrace(): Promise<Trace> {
  file ??= longTraceFile();
  return readTrace(await file);
}

async function mounted<Tag extends 'fluoro-heads' | 'fluoro-neurons' | 'fluoro-tokens'>(tag: Tag) {
  const element = document.createElement(tag);
  element.trace = await longTrace();
  element.style.width = '900px';
  await mount(element);
  await element.settled();
  return element;
}

function nodes(element: Element): number {
  return element.shadowRoot ? countNodes(element.shadowRoot) : 0;
}

test('no cell is a DOM node: neither a pair, nor a head, nor an activation', async () => {
  const heads = await mounted('fluoro-heads');
  const [thumbnails, pattern] = [await grid(heads, 'grid'), await grid(heads, 'pattern')];
  expect([thumbnails.rowCount, thumbnails.colCount]).toEqual([LAYERS, HEADS]);
  expect([pattern.rowCount, pattern.colCount]).toEqual([POS, POS]);
  for (const one of [thumbnails, pattern]) expect(nodes(one)).toBeLessThan(12);
  expect(nodes(heads)).toBeLessThan(3 * POS + 150); // the text heatmap has three per token
  const neurons = await mounted('fluoro-neurons');
  expect(nodes(await grid(neurons, 'map'))).toBeLessThan(12);
  expect(nodes(neurons)).toBeLessThan(3 * POS + 150);
  expect(nodes(await mounted('fluoro-tokens'))).toBeLessThan(POS + 100);
});

test('looking around makes no nodes, and no picture of the values again', async () => {
  const heads = await mounted('fluoro-heads');
  const [thumbnails, pattern] = [await grid(heads, 'grid'), await grid(heads, 'pattern')];
  const before = nodes(heads);
  const made = [thumbnails, pattern].map((one) => vi.spyOn(one as CanvasGrid & { paintBase(): void }, 'paintBase'));
  const drawn = vi.spyOn(pattern as CanvasGrid & { paint(): void }, 'paint');
  for (let i = 0; i < 20; i++) {
    pointAt(pattern, { row: 6 * i, col: 3 * i });
    await heads.updateComplete;
    await pattern.updateComplete;
    pointAt(thumbnails, { row: i % LAYERS, col: (5 * i) % HEADS });
    await heads.updateComplete;
    await thumbnails.updateComplete;
  }
  expect(drawn.mock.calls.length).toBeGreaterThanOrEqual(20);
  for (const spy of made) expect(spy).not.toHaveBeenCalled();
  expect(Math.abs(nodes(heads) - before)).toBeLessThan(3); // what the pointer is over, in words
  pointAt(thumbnails, { row: 3, col: 4 }, 'click');
  await until(() => made[1]!.mock.calls.length === 1);
  expect(made[0]).not.toHaveBeenCalled();
});

test('from head to head each picture is drawn once, in the frame, and of those of the values one', async () => {
  const heads = await mounted('fluoro-heads');
  const [thumbnails, pattern] = [await grid(heads, 'grid'), await grid(heads, 'pattern')];
  for (let i = 0; i < 3; i++) await frame(); // Their first size is a change of size.
  const kinds = ['paintBase', 'paint'] as const;
  const made = [pattern, thumbnails].flatMap((one) =>
    kinds.map((kind) => vi.spyOn(one as CanvasGrid & Record<(typeof kinds)[number], () => void>, kind)),
  );
  const asked = [
    vi.spyOn(globalThis, 'getComputedStyle'),
    vi.spyOn(Element.prototype, 'clientWidth', 'get'),
    vi.spyOn(Element.prototype, 'scrollLeft', 'get'),
    vi.spyOn(CanvasRenderingContext2D.prototype, 'font', 'set'), // resolved against the style of its canvas
  ];
  onTestFinished(() => void vi.restoreAllMocks());
  const counts = (spies: typeof made | typeof asked) => spies.map(({ mock }) => mock.calls.length);
  const keys = ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft'];
  for (const [i, key] of keys.entries()) {
    await frame();
    const before = counts(asked);
    const { active } = thumbnails;
    thumbnails.shadowRoot!.querySelector('[role="grid"]')!.dispatchEvent(new KeyboardEvent('keydown', { key }));
    await heads.updateComplete;
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    expect(thumbnails.active, key).not.toEqual(active);
    expect(counts(asked), key).toEqual(before);
    await frame();
    await pattern.updateComplete;
    const times = i + 1;
    expect(counts(made), key).toEqual([times, times, 0, times]);
    expect(counts(asked)[0], key).toBe(before[0]! + 2);
  }
});

test('text heatmaps wrap, and the page never scrolls sideways at 320 px', async () => {
  for (const tag of ['fluoro-heads', 'fluoro-neurons', 'fluoro-tokens'] as const) {
    const element = await mounted(tag);
    element.style.width = '320px';
    await element.updateComplete;
    const { right } = element.getBoundingClientRect();
    for (const one of element.shadowRoot!.querySelectorAll('.text, [role="listbox"]')) {
      const tops = new Set([...one.children].map((token) => Math.round(token.getBoundingClientRect().top)));
      expect(tops.size).toBeGreaterThan(10);
      for (const token of one.children) expect(token.getBoundingClientRect().right).toBeLessThanOrEqual(right + 0.5);
    }
    expect(element.scrollWidth).toBeLessThanOrEqual(320);
  }
});

test('the table of a head has a page of its 8,256 pairs', async () => {
  const heads = await mounted('fluoro-heads');
  const box = await openTable(heads);
  expect(box.querySelectorAll('tbody tr')).toHaveLength(200);
  expect(textOf(heads.shadowRoot!.querySelector('.pages [role="status"]')!)).toBe('rows 1 to 200 of 8,256');
});

test('labels of 100,000 characters are cut before they are measured, and make no page wider', async () => {
  const trace = await (await fixtureModel('induction')).run('<bos> a b c d a b c');
  Object.assign(trace, { labels: [trace.labels[0]!.map((_, i) => 'xW'[i % 2]!.repeat(100_000))] });
  const measured = vi.spyOn(CanvasRenderingContext2D.prototype, 'measureText');
  for (const tag of ['fluoro-tokens', 'fluoro-heads', 'fluoro-residual'] as const) {
    const element = document.createElement(tag);
    element.trace = trace;
    element.style.width = '320px';
    await mount(element);
    await until(() => element.shadowRoot!.querySelector('[part="actions-button"]'));
    expect(textOf(element.shadowRoot!), tag).toContain('W'.repeat(160));
    expect(element.scrollWidth, tag).toBeLessThanOrEqual(320);
  }
  expect(Math.max(...measured.mock.calls.map(([text]) => text.length))).toBeLessThan(1000);
  measured.mockRestore();
  trace.dispose();
});
