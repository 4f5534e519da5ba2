import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroBufferMap } from '../../components/buffer/buffer-map';
import { MapHands } from '../../components/buffer/map-hands';
import { nineDigits } from '../../components/buffer/number-text';
import { Pyramid } from '../../components/buffer/pyramid';
import { cellSize } from '../../components/buffer/viewport';
import type { FluoroBuffer, ScalarEvent } from '../../components/index';
import type { Cell } from '../../components/shared/canvas-grid';
import { diverging, sequential } from '../../components/shared/colors';
import { formatValue, visibleToken } from '../../components/shared/text';
import { type Edit, type Index, numberKinds, readTrace, type Trace, writeTrace } from '../../src/index';
import { fixtureModel, testGpu } from '../harness/fixtures';
import { colorOf, expectAccessible, mount, mountModel, part, textOf, until } from './mount';

const PROMPT = '<bos> a b c d a b c';
const PATTERN = 'blocks.1.attn.hook_pattern';
const SCORES = 'blocks.1.attn.hook_attn_scores';
const QUERIES = 'blocks.1.attn.hook_q';
const STREAM = 'blocks.0.hook_resid_post';

async function liveTrace(edits: readonly Edit[] = [], prompt = PROMPT): Promise<Trace> {
  const trace = await (await fixtureModel('induction')).run(prompt, { edits });
  onTestFinished(() => trace.dispose());
  return trace;
}

async function shown(buffer: FluoroBuffer): Promise<FluoroBufferMap> {
  await until(() => buffer.shadowRoot!.querySelector('fluoro-buffer-map'));
  const map = buffer.shadowRoot!.querySelector('fluoro-buffer-map')!;
  await settled(buffer, map);
  await until(() => (map.canvas?.width ?? 0) > 0 && map.extent.rows > 0);
  await buffer.settled(); // What stands below the map comes after it.
  await map.updateComplete;
  return map;
}

async function settled(buffer: FluoroBuffer, map: FluoroBufferMap): Promise<void> {
  await until(() => !buffer.shadowRoot!.querySelector('.stale'));
  await buffer.updateComplete;
  await map.updateComplete;
}

/** A buffer on its own, with a trace. */
async function mountBuffer(trace: Trace, change: Partial<FluoroBuffer> = {}) {
  const buffer = document.createElement('fluoro-buffer');
  Object.assign(buffer, { trace, ...change });
  buffer.style.width = '900px';
  await mount(buffer);
  return { buffer, map: await shown(buffer) };
}

/** A buffer in a `<fluoro-model>`, which can answer questions. */
async function mountInModel(change: Partial<FluoroBuffer> = {}, ...siblings: string[]) {
  const model = await mountModel('induction', PROMPT, 'fluoro-buffer', ...siblings);
  model.style.width = '900px';
  const buffer = model.querySelector('fluoro-buffer')!;
  Object.assign(buffer, change);
  return { model, buffer, map: await shown(buffer), trace: model.trace! };
}

const readout = (buffer: FluoroBuffer) => textOf(part(buffer, 'readout'));
const control = <E extends HTMLElement>(buffer: FluoroBuffer, name: string) =>
  buffer.shadowRoot!.querySelector<E>(`[name="${name}"]`)!;
const statistic = (buffer: FluoroBuffer, name: string) => {
  const terms = [...part(buffer, 'statistics').querySelectorAll('dt')];
  const found = terms.find((term) => textOf(term) === name);
  return found ? found.nextElementSibling! : null;
};

function choose(select: HTMLSelectElement | HTMLInputElement, value: string, type = 'change'): void {
  select.value = value;
  select.dispatchEvent(new Event(type));
}

/** The value of a tensor at one index, read by itself. */
async function valueAt(trace: Trace, name: string, index: Index): Promise<number> {
  return (await trace.read(name, index)).data[0]!;
}

function pixelAt(map: FluoroBufferMap, row: number, col: number, across = 0.15, down = 0.2): number[] {
  const { x, y, width, height } = map.cellRect({ row, col });
  const at = [x + width * across, y + height * down].map((css) => Math.floor(css * devicePixelRatio));
  return [...map.canvas!.getContext('2d')!.getImageData(at[0]!, at[1]!, 1, 1).data];
}

function send(map: FluoroBufferMap, type: string, x: number, y: number, init: object = {}): void {
  const { left, top } = map.canvas!.getBoundingClientRect();
  const place = { clientX: left + x, clientY: top + y, bubbles: true, composed: true, cancelable: true, ...init };
  const target = type === 'pointermove' && 'drag' in init ? window : map.canvas!;
  const event = type === 'wheel' ? new WheelEvent(type, place) : new PointerEvent(type, { pointerId: 1, ...place });
  (type === 'pointerup' ? window : target).dispatchEvent(event);
}

function click(map: FluoroBufferMap, row: number, col: number): void {
  const { x, y, width, height } = map.cellRect({ row, col });
  send(map, 'pointerdown', x + width / 2, y + height / 2);
  send(map, 'pointerup', x + width / 2, y + height / 2);
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

function scalars(element: HTMLElement): ScalarEvent['detail'][] {
  const found: ScalarEvent['detail'][] = [];
  element.addEventListener('fluoro-scalar', ({ detail }) => found.push(detail));
  return found;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('is accessible, with its table open and numbers that are none', async () => {
    await commands.colorScheme(scheme);
    const trace = await liveTrace([{ at: SCORES, slice: { head: 0, query: 3, key: 1 }, op: 'set', value: Number.NaN }]);
    const { buffer } = await mountBuffer(trace, { tensor: SCORES });
    buffer.style.colorScheme = 'light dark';
    buffer.style.background = 'light-dark(white, black)';
    buffer.shadowRoot!.querySelector('details')!.open = true;
    await until(() => buffer.shadowRoot!.querySelector('table'));
    await expectAccessible(buffer);
  });

  test('draws each value in its colour, and a hatch where there is no number', async () => {
    await commands.colorScheme(scheme);
    const trace = await liveTrace();
    const { buffer, map } = await mountBuffer(trace, { tensor: SCORES, index: { head: 2 } });
    buffer.style.colorScheme = 'light dark';
    const { data } = await trace.read(SCORES, { batch: 0, head: 2 });
    const kept = data.filter((_, i) => i % 8 <= Math.floor(i / 8));
    const most = Math.max(...kept.map(Math.abs));
    const [scale, min] = kept.some((value) => value < 0) ? [diverging, -most] : [sequential, 0];
    await until(() => pixelAt(map, 1, 0).join() === colorOf(scale, data[8]!, min, most, scheme).join());
    for (const i of data.keys()) {
      const [row, col] = [Math.floor(i / 8), i % 8];
      if (col <= row) expect(pixelAt(map, row, col)).toEqual(colorOf(scale, data[i]!, min, most, scheme));
    }
    const masked = new Set(Array.from({ length: 40 }, (_, i) => pixelAt(map, 0, 5, 0.02 + i / 50, 0.1).join()));
    const hatch = { light: ['255,255,255,255', '205,209,212,255'], dark: ['15,19,22,255', '66,74,80,255'] }[scheme];
    expect([...masked].sort()).toEqual(hatch.toSorted());
    expect(textOf(part(buffer, 'legend'))).toContain('masked');
  });
});

test.each<[string, Index, string, string]>([
  [PATTERN, { head: 3, query: 6, key: 2 }, 'query', 'key'],
  [QUERIES, { head: 1, pos: 4, dim: 7 }, 'pos', 'dim'],
  [STREAM, { pos: 5, model: 30 }, 'pos', 'model'],
  ['ln_final.hook_scale', { pos: 3 }, 'none', 'pos'],
])('%s: each element is where its index says, whichever axes are shown', async (name, index, rows, cols) => {
  const trace = await liveTrace();
  const { buffer, map } = await mountBuffer(trace, { tensor: name, index });
  const { axes } = trace.layout(name);
  const full = Object.fromEntries(axes.map((axis) => [axis, index[axis] ?? 0]));
  const value = await valueAt(trace, name, full);
  const words = nineDigits(value).replaceAll('-', '−');
  const chosenRows = buffer.shadowRoot!.querySelector<HTMLSelectElement>('[name="rows"]')!;
  expect([chosenRows.value, control<HTMLSelectElement>(buffer, 'cols').value]).toEqual([rows, cols]);
  for (const [wantedRows, wantedCols] of axes.flatMap((one) => axes.map((other) => [one, other] as const))) {
    if (wantedRows === wantedCols) continue;
    Object.assign(buffer, { rows: wantedRows, cols: wantedCols });
    await settled(buffer, map);
    await until(
      () =>
        control<HTMLSelectElement>(buffer, 'rows').value === wantedRows && !buffer.shadowRoot!.querySelector('.stale'),
    );
    await map.updateComplete;
    expect(readout(buffer), `${wantedRows} × ${wantedCols}`).toContain(`: ${words} 0x`);
    expect(map.active).toEqual({ row: full[wantedRows], col: full[wantedCols] });
    expect(map.pyramid.cells.values[map.active.row * map.pyramid.cells.cols + map.active.col]).toBe(value);
  }
});

test('shows weights of every rank as the GPU holds them', async () => {
  const { buffer, map } = await mountInModel({ tensor: 'unembed.b_U', index: { vocab: 5, head: 1, model: 3, dim: 2 } });
  const model = await fixtureModel('induction');
  for (const name of ['unembed.b_U', 'embed.W_E', 'blocks.1.attn.W_Q', 'blocks.0.attn.W_O']) {
    buffer.tensor = name;
    await until(() => textOf(buffer.shadowRoot!.querySelector('.title')!).startsWith(`${name} [`));
    await settled(buffer, map);
    const { axes, shape, data } = await model.weight(name);
    const offset = axes.reduce((at, axis, i) => at * shape[i]! + (buffer.index[axis] ?? 0), 0);
    expect(readout(buffer), name).toContain(`: ${nineDigits(data[offset]!).replaceAll('-', '−')} 0x`);
  }
});

test('an axis that is cut has a slider and a number, and the slice is read alone', async () => {
  const trace = await liveTrace();
  const { counters } = await testGpu();
  const { buffer, map } = await mountBuffer(trace, { tensor: PATTERN });
  const before = counters.bytesRead;
  choose(control<HTMLInputElement>(buffer, 'head'), '3', 'input');
  await until(() => readout(buffer).startsWith('batch 0, head 3, '));
  expect(counters.bytesRead - before).toBe(4 * 8 * 8);
  const number = part(buffer, 'sliders').querySelector<HTMLInputElement>('[type="number"]')!;
  expect(number.value).toBe('3');
  choose(number, '9');
  await until(() => buffer.index.head === 3);
  choose(number, '1');
  await until(() => readout(buffer).startsWith('batch 0, head 1, '));
  const { data } = await trace.read(PATTERN, { batch: 0, head: 1 });
  await settled(buffer, map);
  expect([...map.pyramid.cells.values]).toEqual([...data]);
});

test('choosing rows that are the columns swaps them', async () => {
  const { buffer } = await mountBuffer(await liveTrace(), { tensor: PATTERN });
  choose(control<HTMLSelectElement>(buffer, 'rows'), 'key');
  await until(() => control<HTMLSelectElement>(buffer, 'rows').value === 'key');
  await until(() => control<HTMLSelectElement>(buffer, 'cols').value === 'query');
  choose(control<HTMLSelectElement>(buffer, 'cols'), 'key');
  await until(() => control<HTMLSelectElement>(buffer, 'rows').value === 'query');
  choose(control<HTMLSelectElement>(buffer, 'rows'), 'none');
  await until(() => part(buffer, 'sliders').textContent!.includes('query'));
});

test('as attributes: axes, index, bits', async () => {
  const trace = await liveTrace();
  const box = document.createElement('div');
  box.innerHTML = `<fluoro-buffer tensor="${PATTERN}" rows="head" cols="key" index="query -1, head 2, key 3" bits></fluoro-buffer>`;
  const buffer = box.querySelector('fluoro-buffer')!;
  buffer.trace = trace;
  await mount(box);
  const map = await shown(buffer);
  const data = await trace.read(PATTERN, { batch: 0, head: 2, query: 7, key: 3 });
  const hex = new Uint32Array(data.data.buffer)[0]!.toString(16).padStart(8, '0');
  expect(readout(buffer)).toContain('batch 0, head 2, query 7 (c), key 3 (c): ');
  expect(readout(buffer)).toContain(`bits 0x${hex}`);
  expect(map.details!.cellText(2 * 8 + 3)).toBe(hex);
});

describe('selecting', () => {
  test('a click chooses the element, tells it and shares its tensor', async () => {
    const { model, buffer, map, trace } = await mountInModel({ tensor: QUERIES, index: { head: 2 } });
    const found = scalars(model);
    click(map, 4, 9);
    await until(() => found.length === 1);
    const index = { batch: 0, pos: 4, head: 2, dim: 9 };
    expect(found[0]).toEqual({ tensor: QUERIES, index });
    expect(Object.keys(found[0]!.index)).toEqual(['batch', 'pos', 'head', 'dim']);
    expect(model.selection.tensor).toBe(QUERIES);
    await buffer.updateComplete;
    const value = await valueAt(trace, QUERIES, index);
    expect(readout(buffer)).toMatch(/^batch 0, pos 4 \(d\), head 2, dim 9: /);
    expect(readout(buffer)).toContain(nineDigits(value).replaceAll('-', '−'));
  });

  test('follows the tensor that is selected elsewhere, and the output before any is', async () => {
    const { model, buffer, trace } = await mountInModel();
    const title = () => textOf(buffer.shadowRoot!.querySelector('.title .name')!);
    expect(title()).toBe(trace.program.output);
    model.select({ tensor: STREAM });
    await until(() => title() === STREAM);
    choose(control<HTMLSelectElement>(buffer, 'tensor'), PATTERN);
    await until(() => title() === PATTERN && model.selection.tensor === PATTERN);
    model.select({ tensor: 'blocks.9.hook_resid_post' });
    await until(() => title() === trace.program.output);
  });

  test('show shares the tensor where it is the shared one that is shown', async () => {
    const { model, buffer } = await mountInModel();
    buffer.show(STREAM, { pos: 2, model: 3 });
    await until(() => readout(buffer).startsWith('batch 0, pos 2 (b), model 3: '));
    expect([model.selection.tensor, buffer.tensor]).toEqual([STREAM, null]);
    buffer.show('embed.W_E', { vocab: 1 });
    await until(() => readout(buffer).startsWith('vocab 1 '));
  });

  test('show moves to an element, wherever the map is', async () => {
    const { buffer, map } = await mountBuffer(await liveTrace(), { tensor: STREAM });
    buffer.show(QUERIES, { head: 3, pos: 6, dim: 11 });
    await until(() => readout(buffer).startsWith('batch 0, pos 6 (b), head 3, dim 11: '));
    await until(() => map.active.row === 6 && map.active.col === 11);
  });
});

describe('keyboard', () => {
  test('arrows, Home, End and the page keys move the element; it is said', async () => {
    const trace = await liveTrace();
    const { buffer, map } = await mountBuffer(trace, { tensor: STREAM });
    const found = scalars(buffer);
    map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowUp', 'End', 'PageDown', 'Home'] as const) {
      await commands.press(key);
    }
    await until(() => found.length === 7);
    const at = found.map(({ index }) => [index.pos, index.model]);
    const last = trace.layout(STREAM).shape[2]! - 1;
    expect(at).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [0, 2],
      [0, last],
      [7, last],
      [7, 0],
    ]);
    await commands.press('Enter');
    await until(() => found.length === 8);
    expect(found[7]).toEqual(found[6]);
    const value = await valueAt(trace, STREAM, { batch: 0, pos: 7, model: 0 });
    const words = `batch 0, pos 7 (c), model 0: ${nineDigits(value).replaceAll('-', '−')}`;
    await until(() => readout(buffer).startsWith(words));
    expect(part(buffer, 'readout').localName).toBe('output');
    const cell = map.shadowRoot!.querySelector('[role="gridcell"]')!;
    const grid = map.shadowRoot!.querySelector('[role="grid"]')!;
    expect(grid.getAttribute('aria-activedescendant')).toBe(cell.id);
    expect(textOf(cell)).toBe(words);
    expect([grid.ariaRowCount, grid.ariaColCount]).toEqual(['9', String(last + 2)]); // with those of the headers
    expect([cell.parentElement!.ariaRowIndex, cell.ariaColIndex]).toEqual(['9', '2']);
    await until(() => textOf(map.shadowRoot!.querySelector('[data-live]')!) === words);
  });

  test('+ and − zoom about the element, 0 shows all of it, and so do the buttons', async () => {
    const { buffer, map } = await mountInModel({ tensor: 'embed.W_E', index: { vocab: 40, model: 20 } });
    await settled(buffer, map);
    const [out, into, fit] = buffer.shadowRoot!.querySelectorAll<HTMLButtonElement>('.zoom button');
    for (const [button, zoom] of [
      [into, 2],
      [into, 4],
      [out, 2],
      [fit, 1],
    ] as const) {
      button!.click();
      await until(() => map.view.zoom === zoom);
    }
    await frame();
    map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
    const before = map.cellRect(map.active);
    for (let i = 0; i < 4; i++) await commands.press('+');
    await frame();
    const after = map.cellRect(map.active);
    expect(map.view.zoom).toBeCloseTo(1.5 ** 4, 9);
    expect(after.width).toBeGreaterThan(before.width);
    expect(after.x >= 0 && after.right <= map.clientWidth && after.bottom <= map.clientHeight).toBe(true);
    await commands.press('-');
    expect(map.view.zoom).toBeCloseTo(1.5 ** 3, 9);
    await commands.press('0');
    expect(map.view).toEqual({ x: 0, y: 0, zoom: 1 });
    for (let i = 0; i < 20; i++) await commands.press('+');
    await commands.press('End');
    await until(() => map.active.col === map.extent.cols - 1);
    await frame();
    const { x, width } = map.cellRect(map.active);
    expect(x + width).toBeLessThanOrEqual(map.clientWidth + 1);
  });
});

describe('pointer', () => {
  const large = async () => {
    const mounted = await mountInModel({ tensor: 'unembed.W_U' });
    await settled(mounted.buffer, mounted.map);
    return mounted;
  };

  test('the wheel zooms with Ctrl, or where the map has the focus; the value under the pointer stays', async () => {
    const { map } = await large();
    const { left, top } = map.canvas!.getBoundingClientRect();
    const at = { x: Math.ceil(left + 200) - left, y: Math.ceil(top + 120) - top }; // a wheel is at whole pixels
    const under = () => {
      const { width, height } = cellSize(map.extent, map.view);
      const origin = map.cellRect({ row: 0, col: 0 });
      return [(at.x - origin.x) / width, (at.y - origin.y) / height] as const;
    };
    send(map, 'wheel', at.x, at.y, { deltaY: -100 });
    expect(map.view.zoom).toBe(1);
    send(map, 'wheel', at.x, at.y, { deltaY: -200, ctrlKey: true });
    const [col, row] = under();
    expect(map.view.zoom).toBeCloseTo(Math.exp(0.4), 9);
    map.shadowRoot!.querySelector<HTMLElement>('[role="grid"]')!.focus();
    send(map, 'wheel', at.x, at.y, { deltaY: -200 });
    const [newCol, newRow] = under();
    expect(map.view.zoom).toBeCloseTo(Math.exp(0.8), 9);
    const free = (along: number, cells: number, size: number, plot: number) =>
      along > 0 && along < cells - plot / size - 1e-9;
    const { width, height } = cellSize(map.extent, map.view);
    if (free(map.view.x, map.extent.cols, width, map.extent.width)) expect(Math.abs(newCol - col)).toBeLessThan(1e-6);
    if (free(map.view.y, map.extent.rows, height, map.extent.height)) expect(Math.abs(newRow - row)).toBeLessThan(1e-6);
    expect(free(map.view.x, map.extent.cols, width, map.extent.width)).toBe(true);
  });

  test('a drag moves the cells with the pointer, and chooses none', async () => {
    const { buffer, map } = await large();
    const found = scalars(buffer);
    map.zoomBy(6, { x: 200, y: 100 });
    const before = map.cellRect({ row: 20, col: 40 });
    send(map, 'pointerdown', 300, 100);
    send(map, 'pointermove', 302, 101, { drag: true });
    expect(map.cellRect({ row: 20, col: 40 }).x).toBe(before.x);
    send(map, 'pointermove', 270, 80, { drag: true });
    send(map, 'pointermove', 280, 90, { drag: true });
    send(map, 'pointerup', 280, 90);
    const after = map.cellRect({ row: 20, col: 40 });
    expect(after.x - before.x).toBeCloseTo(-20, 6);
    expect(after.y - before.y).toBeCloseTo(-10, 6);
    expect(found).toEqual([]);
  });

  test('two fingers zoom by their distance and move by their middle', async () => {
    const { buffer, map } = await large();
    const found = scalars(buffer);
    map.zoomBy(3, { x: 200, y: 100 });
    const before = cellSize(map.extent, map.view);
    const finger = (type: string, pointerId: number, x: number, y: number) => {
      const drag = type === 'pointermove' ? { drag: true } : {};
      send(map, type, x, y, { pointerId, pointerType: 'touch', ...drag });
    };
    finger('pointerdown', 1, 200, 100);
    finger('pointerdown', 2, 300, 100);
    finger('pointermove', 2, 350, 100);
    const after = cellSize(map.extent, map.view);
    expect(after.width / before.width).toBeCloseTo(1.5, 6);
    finger('pointerup', 1, 200, 100);
    const { x } = map.view;
    finger('pointermove', 2, 360, 100);
    expect((x - map.view.x) * after.width).toBeCloseTo(10, 6);
    finger('pointerup', 2, 360, 100);
    expect(found).toEqual([]);
    await frame();
    expect(map.canvas!.classList.contains('movable')).toBe(true);
  });

  test('what it is over is said in words: a block with its extremes, or one value', async () => {
    const { buffer, map } = await mountInModel({ tensor: 'embed.W_E' });
    buffer.style.width = '330px';
    buffer.style.setProperty('--fluoro-buffer-height', '80px');
    await until(() => map.cellRect({ row: 9, col: 7 }).height < 1);
    const { x, y, width, height } = map.cellRect({ row: 9, col: 7 });
    send(map, 'pointermove', x + width / 2, y + height / 2);
    await buffer.updateComplete;
    const words = textOf(part(buffer, 'pointed'));
    const [, from, to] = /^vocab (\d+)–(\d+), model /.exec(words)!.map(Number) as [number, number, number];
    expect(from <= 9 && to >= 9).toBe(true);
    const [low, high] = words.split(': ')[1]!.split(' … ');
    const { values, cols } = map.pyramid.cells;
    const block = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * cols);
    const cell = / model (\d+)(?:–(\d+))?/.exec(words)!;
    const columns = Array.from(
      { length: Number(cell[2] ?? cell[1]) - Number(cell[1]) + 1 },
      (_, i) => Number(cell[1]) + i,
    );
    const all = block.flatMap((row) => columns.map((col) => values[row + col]!));
    expect([low, high]).toEqual([formatValue(Math.min(...all)), formatValue(Math.max(...all))]);
    send(map, 'pointerleave', 0, 0);
    await buffer.updateComplete;
    expect(textOf(part(buffer, 'pointed'))).toBe('');
  });
});

test('what is done before the map can answer it waits, and is answered in its order', async () => {
  const map = document.createElement('fluoro-buffer-map');
  const values = Float32Array.from({ length: 40 * 50 }, (_, i) => i);
  map.pyramid = new Pyramid({ rows: 40, cols: 50, values, kinds: numberKinds(values) });
  map.style.width = '600px';
  await mount(map);
  const chosen: Cell[] = [];
  map.addEventListener('fluoro-cell-select', ({ detail }) => {
    chosen.push(detail);
    map.active = detail;
  });
  const key = new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, composed: true, cancelable: true });
  click(map, 7, 9);
  map.shadowRoot!.querySelector('[role="grid"]')!.dispatchEvent(key);
  send(map, 'wheel', 200, 100, { deltaY: -200, ctrlKey: true });
  send(map, 'pointerdown', 200, 100);
  send(map, 'pointerup', 150, 100);
  expect([chosen, map.view.zoom, key.defaultPrevented]).toEqual([[], 1, true]); // The page does not scroll meanwhile.
  map.details = { Hands: MapHands, cellText: String, describeCell: ({ row }) => `row ${row}` };
  await map.updateComplete;
  expect(chosen).toEqual([
    { row: 7, col: 9 },
    { row: 8, col: 9 },
  ]);
  expect(map.view.zoom).toBeCloseTo(Math.exp(0.4), 9);
  expect(map.view.x).toBeGreaterThan(0); // It was dragged to the left.
  await until(() => textOf(map.shadowRoot!.querySelector('[data-live]')!) === 'row 8');
});

describe('statistics', () => {
  test('are of the slice; with the row of the element, and of the whole tensor on demand', async () => {
    const trace = await liveTrace();
    const { buffer } = await mountBuffer(trace, { tensor: QUERIES, index: { head: 1, pos: 2 } });
    const { data } = await trace.read(QUERIES, { batch: 0, head: 1 });
    const all = (await trace.read(QUERIES)).data;
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const said = (name: string) => textOf(statistic(buffer, name)!);
    const dim = trace.layout(QUERIES).shape[3]!;
    expect(said('values')).toBe((8 * dim).toLocaleString('en'));
    expect([said('min'), said('max')]).toEqual([formatValue(Math.min(...data)), formatValue(Math.max(...data))]);
    expect(said('mean')).toBe(formatValue(Array.from(data).reduce((sum, value) => sum + value, 0) / data.length));
    const own = data.subarray(2 * dim, 3 * dim);
    expect(said('norm of this row')).toBe(formatValue(Math.hypot(...own)));
    control<HTMLInputElement>(buffer, 'whole').click();
    await until(() => said('values') === all.length.toLocaleString('en'));
    expect([said('min'), said('max')]).toEqual([formatValue(Math.min(...all)), formatValue(Math.max(...all))]);
    expect(said('mean')).toBe(formatValue(mean(Float32Array.from(all))));
    const found = scalars(buffer);
    statistic(buffer, 'max')!.querySelector('button')!.click();
    await until(() => found.length === 1);
    expect(await valueAt(trace, QUERIES, found[0]!.index)).toBe(Math.max(...all));
    await until(() => readout(buffer).startsWith(`batch 0, pos ${found[0]!.index.pos} `));
    const before = buffer.shadowRoot!.querySelector('fluoro-buffer-map')!.pyramid;
    choose(control<HTMLInputElement>(buffer, 'head'), String((found[0]!.index.head! + 1) % 4), 'input');
    await until(() => buffer.shadowRoot!.querySelector('fluoro-buffer-map')!.pyramid !== before);
    expect(said('values')).toBe(all.length.toLocaleString('en')); // another slice has the same whole
    buffer.tensor = STREAM;
    await until(() => !control(buffer, 'whole'));
    expect(textOf(part(buffer, 'statistics'))).toMatch(/^Statistics values/);
  });

  test('one NaN is counted, hatched, and one click away', async () => {
    const at = { batch: 0, pos: 5, model: 17 };
    const trace = await liveTrace([{ at: STREAM, slice: at, op: 'set', value: Number.NaN }]);
    const { buffer, map } = await mountBuffer(trace, { tensor: STREAM });
    const found = scalars(buffer);
    expect(textOf(part(buffer, 'legend'))).toContain('NaN');
    expect(textOf(part(buffer, 'histogram'))).toContain('1 NaN');
    const nan = statistic(buffer, 'NaN')!;
    expect([textOf(nan), nan.className]).toEqual(['1', 'problem']);
    nan.querySelector('button')!.click();
    await until(() => found.length === 1 && readout(buffer).includes(': NaN 0x'));
    expect(found[0]!.index).toEqual(at);
    expect(map.active).toEqual({ row: 5, col: 17 });
    await frame();
    const colors = new Set(
      Array.from({ length: 100 }, (_, i) =>
        pixelAt(map, 5, 17, 0.05 + (i % 10) / 12, 0.05 + Math.floor(i / 10) / 12).join(),
      ),
    );
    expect(colors.has('0,158,30,255')).toBe(true);
  });

  test('the histogram counts each value, and as a logarithm where asked', async () => {
    const trace = await liveTrace();
    const { buffer } = await mountBuffer(trace, { tensor: STREAM });
    const { data } = await trace.read(STREAM);
    const bars = () => [...part(buffer, 'histogram').querySelectorAll('rect')];
    const counts = bars().map((bar) => Number(/: ([\d,]+)$/.exec(textOf(bar))![1]!.replaceAll(',', '')));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(data.length);
    const heights = () => bars().map((bar) => Number(bar.getAttribute('height')));
    const most = Math.max(...counts);
    const check = (size: (count: number) => number) => {
      heights().forEach((height, i) => {
        if (counts[i]! > 0) expect(height).toBeCloseTo(Math.max(1, (100 * size(counts[i]!)) / size(most)), 9);
      });
    };
    check((count) => count);
    control<HTMLInputElement>(buffer, 'log').click();
    await buffer.updateComplete;
    check(Math.log1p);
  });
});

describe('comparing', () => {
  test('with itself before an edit', async () => {
    const trace = await liveTrace([{ at: STREAM, slice: { pos: 3 }, op: 'scale', by: 2 }]);
    const { buffer, map } = await mountBuffer(trace, {
      tensor: STREAM,
      compare: 'before',
      index: { pos: 3, model: 4 },
    });
    const before = (await trace.read(`${STREAM}:before`)).data;
    const model = trace.layout(STREAM).shape[2]!;
    const { values } = map.pyramid.cells;
    for (const i of values.keys()) expect(values[i]).toBe(Math.floor(i / model) === 3 ? before[i]! : 0);
    expect(textOf(part(buffer, 'comparison'))).toContain(`${7 * model} of ${8 * model} equal`);
    expect(readout(buffer)).toContain('difference ');
    expect(textOf(buffer.shadowRoot!.querySelector('.tag')!)).toBe('difference, derived');
  });

  test('with another trace; masked scores of both stay masked', async () => {
    const [trace, other] = [await liveTrace(), await liveTrace([], '<bos> a b c d a b d')];
    const recorded = readTrace(await writeTrace(other));
    for (const against of [other, recorded]) {
      const { buffer, map } = await mountBuffer(trace, {
        tensor: SCORES,
        other: against,
        compare: 'other',
        index: { head: 1 },
      });
      const [one, two] = await Promise.all([trace, other].map((from) => from.read(SCORES, { batch: 0, head: 1 })));
      const { values } = map.pyramid.cells;
      one!.data.forEach((value, i) => {
        if (i % 8 <= Math.floor(i / 8)) expect(values[i]).toBe(value - two!.data[i]!);
      });
      expect(textOf(statistic(buffer, 'masked')!)).toBe('28');
      expect(textOf(part(buffer, 'comparison'))).toContain('largest difference');
      expect(map.coloring.scale).toBe(diverging);
      buffer.remove();
    }
  });

  test('with float64 on the same inputs, within the bound', async () => {
    const { buffer, map, trace } = await mountInModel({
      tensor: PATTERN,
      compare: 'float64',
      index: { head: 2, query: 5, key: 1 },
    });
    const model = await fixtureModel('induction');
    const { data } = await model.reference(trace, PATTERN);
    const own = (await trace.read(PATTERN)).data;
    await until(() => part(buffer, 'comparison'));
    const { values } = map.pyramid.cells;
    for (const i of values.keys()) expect(values[i]).toBe(own[2 * 64 + i]! - data[2 * 64 + i]!);
    expect(textOf(part(buffer, 'comparison'))).toMatch(
      /^largest error [\d.e−]+, at most [\d.e−]+ of its bound; none beyond/,
    );
    expect(readout(buffer)).toMatch(/ULP, within the bound [\d.e−]+ 0x/);
    choose(control<HTMLSelectElement>(buffer, 'compare'), 'none');
    await until(() => !buffer.shadowRoot!.querySelector('[part="comparison"]'));
  });

  test.each([
    ['before', STREAM, `${STREAM} was not edited in this pass: there is nothing before an edit.`],
    ['other', STREAM, 'There is no other trace to compare with: set the property other to one.'],
    ['float64', STREAM, 'This is worked out with the model itself, and a recorded trace has none.'],
  ] as const)('says why there is nothing to compare with: %s', async (compare, tensor, sentence) => {
    const recorded = readTrace(await writeTrace(await liveTrace()));
    const { buffer } = await mountBuffer(recorded, { tensor, compare });
    expect(textOf(part(buffer, 'comparison'))).toBe(sentence);
    expect(readout(buffer)).toMatch(/^batch 0, pos 0 \(<bos>\), model 0: [\d.e−]+ 0x/);
    const options = [...control<HTMLSelectElement>(buffer, 'compare').options];
    expect(
      options
        .filter(({ disabled }) => !disabled)
        .map(({ value }) => value)
        .sort(),
    ).toEqual(['none', compare].sort());
  });

  test('says which shape the other trace has', async () => {
    const [trace, other] = [await liveTrace(), await liveTrace([], '<bos> a b')];
    const { buffer } = await mountBuffer(trace, { tensor: STREAM, other, compare: 'other' });
    const model = trace.layout(STREAM).shape[2]!;
    expect(textOf(part(buffer, 'comparison'))).toBe(
      `${STREAM} is [1, 8, ${model}] here and [1, 3, ${model}] in the other trace; compare passes over prompts of the same length.`,
    );
  });
});

describe('taking values along', () => {
  async function saved(buffer: FluoroBuffer, format: string): Promise<{ name: string; blob: Blob }> {
    const blobs: Blob[] = [];
    const names: string[] = [];
    const make = vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      blobs.push(blob as Blob);
      return 'data:,';
    });
    const go = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download);
    });
    choose(control<HTMLSelectElement>(buffer, 'format'), format);
    await buffer.updateComplete;
    control(buffer, 'save').click();
    await until(() => names.length === 1);
    make.mockRestore();
    go.mockRestore();
    await buffer.updateComplete;
    return { name: names[0]!, blob: blobs[0]! };
  }

  test('copies the slice as NumPy, JSON, CSV', async () => {
    const trace = await liveTrace();
    const { buffer } = await mountBuffer(trace, { tensor: PATTERN, index: { head: 1 } });
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    onTestFinished(() => write.mockRestore());
    const { data } = await trace.read(PATTERN, { batch: 0, head: 1 });
    const copied = async (format: string) => {
      choose(control<HTMLSelectElement>(buffer, 'format'), format);
      await buffer.updateComplete;
      const calls = write.mock.calls.length;
      control(buffer, 'copy').click();
      await until(() => write.mock.calls.length > calls);
      return write.mock.calls.at(-1)![0];
    };
    const python = await copied('numpy');
    expect(python).toMatch(
      /^np\.array\(\[1\.0, 0\.0, .*\], dtype=np\.float32\)\.reshape\(8, 8\) {2}# blocks\.1\.attn\.hook_pattern, batch 0, head 1/,
    );
    const numbers = /\[(.*?)\]/.exec(python)![1]!.split(', ').map(Number);
    expect(numbers.map(Math.fround)).toEqual([...data]);
    expect((JSON.parse(await copied('json')) as { data: number[][] }).data.flat().map(Math.fround)).toEqual([...data]);
    expect((await copied('csv')).split('\r\n').length).toBe(10);
    await until(() => textOf(part(buffer, 'actions')).endsWith('Copied as CSV.'));
    write.mockRejectedValue(new Error('Document is not focused'));
    await copied('json');
    await until(() => textOf(part(buffer, 'actions')).endsWith('(Document is not focused); save it instead.'));
  });

  test('saves files with a name of their own; a PNG has the colours of the map', async () => {
    const trace = await liveTrace();
    const { buffer, map } = await mountBuffer(trace, { tensor: PATTERN, index: { head: 1 } });
    const { name, blob } = await saved(buffer, 'png');
    expect([name, blob.type]).toEqual(['blocks.1.attn.hook_pattern-batch0-head1.png', 'image/png']);
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    expect([bitmap.width, bitmap.height]).toEqual([128, 128]);
    for (const [row, col] of [
      [0, 0],
      [3, 1],
      [7, 4],
    ] as const) {
      expect([...context.getImageData(16 * col + 4, 16 * row + 4, 1, 1).data]).toEqual(pixelAt(map, row, col));
    }
    const svg = await saved(buffer, 'svg');
    expect(svg.name).toBe('blocks.1.attn.hook_pattern-batch0-head1.svg');
    expect(await svg.blob.text()).toMatch(
      /^<svg xmlns=.*\n<title>blocks\.1\.attn\.hook_pattern: rows are query, columns are key/,
    );
    expect(textOf(part(buffer, 'actions'))).toContain('Saved as blocks.1.attn.hook_pattern-batch0-head1.svg.');
    expect(control<HTMLButtonElement>(buffer, 'copy').disabled).toBe(false);
    choose(control<HTMLSelectElement>(buffer, 'format'), 'png');
    await buffer.updateComplete;
    expect(control<HTMLButtonElement>(buffer, 'copy').disabled).toBe(true);
  });

  test('the table holds what is in sight', async () => {
    const trace = await liveTrace();
    const { buffer, map } = await mountBuffer(trace, { tensor: STREAM, index: { pos: 2, model: 20 } });
    buffer.shadowRoot!.querySelector('details')!.open = true;
    await until(() => buffer.shadowRoot!.querySelector('table'));
    const cells = () => [...buffer.shadowRoot!.querySelectorAll('td:not(:empty)')].map(textOf);
    const heads = () => [...buffer.shadowRoot!.querySelectorAll('th')].map(textOf);
    const { data } = await trace.read(STREAM);
    const model = trace.layout(STREAM).shape[2]!;
    const columns = heads().slice(0, 12).map(Number);
    expect(columns).toEqual(Array.from({ length: 12 }, (_, i) => 14 + i));
    const expected = Array.from({ length: 8 }, (_, pos) => columns.map((col) => nineDigits(data[pos * model + col]!)));
    expect(cells()).toEqual(expected.flat().map((text) => text.replaceAll('-', '−')));
    expect(textOf(buffer.shadowRoot!.querySelector('td.chosen')!)).toBe(cells()[2 * 12 + 6]);
    expect(heads()[12]).toBe(`0 ${visibleToken('<bos>')}`);
    map.zoomBy(100, { x: 0, y: 0 });
    await until(() => heads()[0] === '0');
  });
});

describe('where there is nothing to draw', () => {
  test('says so without a trace', async () => {
    const buffer = await mount(document.createElement('fluoro-buffer'));
    expect(textOf(part(buffer, 'message'))).toBe(
      'Nothing to show: put this element into a <fluoro-model>, or set its trace property.',
    );
    await expectAccessible(buffer);
  });

  test.each([
    ['hook_embedd', 'This program has no tensor named hook_embedd. Near it: hook_embed', true],
    ['embed.W_E', 'This is worked out with the model itself, and a recorded trace has none.', false],
  ])('says of %s what is wrong', async (tensor, sentence, alert) => {
    const buffer = document.createElement('fluoro-buffer');
    Object.assign(buffer, { trace: await liveTrace(), tensor });
    await mount(buffer);
    await until(() => textOf(part(buffer, 'message')).startsWith(sentence));
    expect(part(buffer, 'message').role).toBe(alert ? 'alert' : null);
  });

  test('a trace that is written on later is read again when asked', async () => {
    const trace = await liveTrace();
    let factor = 1;
    const growing: Trace = Object.assign(Object.create(trace) as Trace, {
      names: trace.names,
      layout: (name: string) => trace.layout(name),
      read: async (...asked: Parameters<Trace['read']>) => {
        const tensor = await trace.read(...asked);
        return { ...tensor, data: tensor.data.map((value) => factor * value) };
      },
    });
    const { buffer } = await mountBuffer(growing, { tensor: STREAM });
    const value = await valueAt(trace, STREAM, { batch: 0, pos: 0, model: 0 });
    factor = 2;
    buffer.refresh();
    await until(() => readout(buffer).includes(`: ${nineDigits(2 * value).replaceAll('-', '−')} 0x`));
  });
});

test('fits 320 pixels', async () => {
  const { buffer, map } = await mountBuffer(await liveTrace(), { tensor: PATTERN });
  buffer.style.width = '320px';
  await frame();
  await settled(buffer, map);
  const wide = [...buffer.shadowRoot!.querySelectorAll('*')].filter((element) => {
    return element.getBoundingClientRect().right > buffer.getBoundingClientRect().right + 0.5;
  });
  expect(wide.map(({ localName, className }) => `${localName}.${className}`)).toEqual([]);
});
