/** The parts of `<fluoro-buffer>` that need no page: axes, levels of detail, the viewport, formats, pictures. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexIn, parseIndex, type View, viewOf } from '../../components/buffer/axes';
import { coloringOf } from '../../components/buffer/coloring';
import { drawnCell, drawnKind } from '../../components/buffer/drawn-kind';
import { csv, json, numpy, type Table } from '../../components/buffer/formats';
import { cellAt, furthestZoom, inSight, panned, revealed, zoomed } from '../../components/buffer/moves';
import { hexOf, nineDigits, unitInLastPlace } from '../../components/buffer/number-text';
import { levelFor, paintCells } from '../../components/buffer/paint-cells';
import { paintHatches } from '../../components/buffer/paint-hatches';
import { svg } from '../../components/buffer/picture';
import { type Cells, Pyramid } from '../../components/buffer/pyramid';
import { cellIndex, gather } from '../../components/buffer/slices';
import { cellSize, type Extent, kept, plotHeight, whole } from '../../components/buffer/viewport';
import { diverging, sequential } from '../../components/shared/colors';
import { FINITE, MASKED, NumberKind, numberKinds } from '../../src/index';
import { type Axis, indexAt, type Layout, sizeOf } from '../../src/tensor/layout';

const fromBits = (words: readonly number[]) => new Float32Array(Uint32Array.from(words).buffer);
const bitsOf = (values: Float32Array) => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 0x80000000, 1, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x3f800000),
);

function cellsOf(rows: number, cols: number, values: Float32Array | Float64Array, masks = false): Cells {
  return { rows, cols, values, kinds: numberKinds(values, masks) };
}

describe('axes', () => {
  const layout = (...pairs: [Axis, number][]): Layout => ({
    axes: pairs.map(([axis]) => axis),
    shape: pairs.map(([, size]) => size),
  });
  const none = { rows: null, cols: null, index: {} };

  test.each<[string, Layout, string | null, string | null]>([
    ['a bias', layout(['model', 64]), null, 'model'],
    ['a matrix', layout(['vocab', 101], ['model', 64]), 'vocab', 'model'],
    ['a residual stream', layout(['batch', 1], ['pos', 8], ['model', 64]), 'pos', 'model'],
    ['a scale', layout(['batch', 1], ['pos', 8], ['one', 1]), null, 'pos'],
    ['scales of a batch', layout(['batch', 3], ['pos', 8], ['one', 1]), 'batch', 'pos'],
    ['one position', layout(['batch', 1], ['pos', 1], ['model', 64]), 'pos', 'model'],
    ['a weight per head', layout(['head', 4], ['model', 64], ['dim', 16]), 'model', 'dim'],
    ['queries', layout(['batch', 1], ['pos', 8], ['head', 4], ['dim', 16]), 'pos', 'dim'],
    ['a pattern', layout(['batch', 2], ['head', 4], ['query', 8], ['key', 8]), 'query', 'key'],
    ['a number', layout(), null, null],
  ])('%s has its usual rows and columns', (_, { axes, shape }, rows, cols) => {
    const view = viewOf({ axes, shape }, none);
    expect([view.rows, view.cols]).toEqual([rows, cols]);
    const rest = axes.filter((axis) => axis !== rows && axis !== cols);
    expect(view.fixed).toEqual(Object.fromEntries(rest.map((axis) => [axis, 0])));
  });

  test('what is wanted comes first, where the tensor has it', () => {
    const queries = layout(['batch', 1], ['pos', 8], ['head', 4], ['dim', 16]);
    const wanted = (rows: string | null, cols: string | null, index = {}) => viewOf(queries, { rows, cols, index });
    expect(wanted('head', null)).toEqual({ rows: 'head', cols: 'dim', fixed: { batch: 0, pos: 0 } });
    expect(wanted('dim', null)).toEqual({ rows: 'dim', cols: 'head', fixed: { batch: 0, pos: 0 } });
    expect(wanted(null, 'pos')).toEqual({ rows: 'dim', cols: 'pos', fixed: { batch: 0, head: 0 } });
    expect(wanted('none', 'head')).toEqual({ rows: null, cols: 'head', fixed: { batch: 0, pos: 0, dim: 0 } });
    expect(wanted('dim', 'dim')).toMatchObject({ rows: 'pos', cols: 'dim' });
    expect(wanted('neuron', 'key')).toMatchObject({ rows: 'pos', cols: 'dim' });
    expect(wanted(null, null, { head: -1, batch: 7, pos: 2 }).fixed).toEqual({ batch: 0, head: 3 });
  });

  test('an index counts from the end where it is negative, and stays inside', () => {
    expect([undefined, 0, 3, 4, 9, -1, -4, -9].map((i) => indexIn(i, 4))).toEqual([0, 0, 3, 3, 3, 3, 0, 0]);
    expect(parseIndex('head 3, pos -1')).toEqual({ head: 3, pos: -1 });
    expect(parseIndex('head=3;key:0 nonsense')).toEqual({ head: 3, key: 0 });
  });

  test('a slice holds the elements of its index, for every rank, order and cut', () => {
    const names: Axis[] = ['batch', 'head', 'query', 'key'];
    const tensors = fc
      .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
      .chain((shape) => fc.tuple(fc.constant(shape), fc.shuffledSubarray(names.slice(0, shape.length)), fc.nat()));
    fc.assert(
      fc.property(tensors, ([shape, order, seed]) => {
        const tensor = { axes: names.slice(0, shape.length), shape };
        const data = fromBits(Array.from({ length: sizeOf(shape) }, (_, i) => 0x7fc00000 + i)); // each NaN is its own
        const cut = tensor.axes.filter((axis) => !order.includes(axis));
        const fixed = Object.fromEntries(cut.map((axis) => [axis, seed % shape[tensor.axes.indexOf(axis)]!]));
        const got = bitsOf(gather({ ...tensor, data }, order, fixed));
        const shown = { axes: order, shape: order.map((axis) => shape[tensor.axes.indexOf(axis)]!) };
        expect(got.length).toBe(sizeOf(shown.shape));
        got.forEach((bits, i) => {
          const index = { ...indexAt(shown, i), ...fixed };
          let offset = 0;
          for (const [a, axis] of tensor.axes.entries()) offset = offset * shape[a]! + index[axis]!;
          expect(bits - 0x7fc00000).toBe(offset);
        });
      }),
    );
  });

  test("a cell's index has every axis, in the tensor's order", () => {
    const pattern = layout(['batch', 2], ['head', 4], ['query', 8], ['key', 8]);
    const view: View = { rows: 'key', cols: 'head', fixed: { batch: 1, query: 5 } };
    expect(Object.entries(cellIndex(pattern, view, { row: 7, col: 3 }))).toEqual([
      ['batch', 1],
      ['head', 3],
      ['query', 5],
      ['key', 7],
    ]);
  });
});

describe('levels of detail', () => {
  const matrices = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    .chain(([rows, cols]) =>
      fc.tuple(
        fc.constant(rows),
        fc.constant(cols),
        fc.array(word, { minLength: rows * cols, maxLength: rows * cols }),
      ),
    );

  test('no level loses what is largest, a NaN, an infinity or a masked score, whatever the path to it', () => {
    fc.assert(
      fc.property(matrices, fc.nat(4), fc.nat(4), fc.boolean(), ([rows, cols, words], y, x, masks) => {
        const cells = cellsOf(rows, cols, fromBits(words), masks);
        const level = new Pyramid(cells).level(y, x);
        expect([level.rows, level.cols]).toEqual([Math.ceil(rows / 2 ** y), Math.ceil(cols / 2 ** x)]);
        for (let row = 0; row < level.rows; row++) {
          for (let col = 0; col < level.cols; col++) {
            const inside = Array.from(words.keys()).filter(
              (i) => Math.floor(i / cols) >> y === row && (i % cols) >> x === col,
            );
            const at = row * level.cols + col;
            expect(level.kinds[at]).toBe(inside.reduce((all, i) => all | cells.kinds[i]!, 0));
            const finite = inside.filter((i) => cells.kinds[i]! & FINITE).map((i) => cells.values[i]!);
            if (finite.length === 0) continue;
            const [low, high] = [Math.min(...finite), Math.max(...finite)];
            expect(level.values[at]! + 0).toBe((-low > high ? low : high) + 0);
          }
        }
      }),
    );
  });

  test('one extreme value among a million is drawn at every zoom', () => {
    const size = 1024;
    const values = new Float32Array(size * size).fill(0.001);
    const at = { row: 517, col: 901 };
    for (const [extreme, kind] of [
      [-9, NumberKind.normal],
      [9, NumberKind.normal],
      [Number.NaN, NumberKind.nan],
      [-Infinity, NumberKind.negativeInfinity],
    ] as const) {
      values[at.row * size + at.col] = extreme;
      const cells = cellsOf(size, size, values);
      const pyramid = new Pyramid(cells);
      const coloring = coloringOf(cells, false, 1);
      const painted = { pyramid, coloring, dark: false };
      for (const pixels of [3, 100, 333, 640, 1000, 1024, 2000]) {
        const image = new Uint32Array(pixels * pixels);
        const side = pixels / size;
        paintHatches(paintCells(painted, image, pixels, { width: side, height: side }, whole), image, false);
        const [background] = image;
        const others = image.filter((color) => color !== background && color !== 0);
        expect(others.length, `${extreme} at ${pixels} pixels`).toBeGreaterThan(0);
        const level = pyramid.level(levelFor(side), levelFor(side));
        const block = level.cols * (at.row >> levelFor(side)) + (at.col >> levelFor(side));
        expect(drawnKind(level.kinds[block]!)).toBe(kind);
        if (kind === NumberKind.normal) expect(level.values[block]).toBe(extreme);
      }
    }
  });

  test('a click on a block chooses the cell that it is drawn as', () => {
    const choose = (...values: number[]) => {
      const cells = cellsOf(2, 3, Float32Array.from(values), true);
      const { row, col } = drawnCell(cells, [0, 2], [0, 3]);
      return row * 3 + col;
    };
    expect(choose(1, -5, 2, 4, 0, 3)).toBe(1);
    expect(choose(1, -5, 2, 5, 0, 3)).toBe(3);
    expect(choose(1, -5, Infinity, 4, 0, 3)).toBe(2);
    expect(choose(1, Infinity, 2, 4, Number.NaN, 3)).toBe(4);
    expect(choose(MASKED, MASKED, 0, MASKED, MASKED, MASKED)).toBe(2);
    const drawn = (cells: Cells) => {
      const level = new Pyramid(cells).level(1, 2);
      return [drawnKind(level.kinds[0]!), level.values[0]];
    };
    expect(drawn(cellsOf(2, 3, Float32Array.of(1, -5, 2, 4, 0, 3)))).toEqual([NumberKind.normal, -5]);
    expect(drawn(cellsOf(2, 3, Float32Array.of(1, -5, 2, 5, 0, 3)))).toEqual([NumberKind.normal, 5]);
    expect(drawn(cellsOf(1, 2, Float32Array.of(MASKED, MASKED), true))[0]).toBe(NumberKind.masked);
  });

  test('blocks are a pixel or a little more', () => {
    for (const pixels of [0.01, 0.3, 0.5, 0.999, 1, 1.0005, 1.001, 1.5, 40]) {
      const side = pixels * 2 ** levelFor(pixels);
      expect(side).toBeGreaterThanOrEqual(1.001);
      expect(side < 2.003 || pixels > 1).toBe(true);
    }
  });
});

describe('colours', () => {
  const limits = (values: number[], share = 1, signed = false) =>
    coloringOf(cellsOf(1, values.length, Float32Array.from(values)), signed, share);

  test('are about 0 where a value is negative, and from 0 up where none is', () => {
    expect(limits([0.5, 2, Infinity, Number.NaN])).toEqual({ scale: sequential, min: 0, max: 2 });
    expect(limits([0.5, -3, 2])).toEqual({ scale: diverging, min: -3, max: 3 });
    expect(limits([0.5, 2], 1, true)).toEqual({ scale: diverging, min: -2, max: 2 });
    expect(limits([0, 0, Number.NaN])).toEqual({ scale: diverging, min: -1, max: 1 });
  });

  test('end where a share of the magnitudes does, within a hundredth', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
    const { max } = limits([...values, 1e6], 0.99);
    expect(max).toBeGreaterThanOrEqual(0.99);
    expect(max).toBeLessThanOrEqual(1.0);
  });
});

describe('the viewport', () => {
  const extents: fc.Arbitrary<Extent> = fc
    .tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 100, max: 1500 }))
    .map(([rows, cols, width]) => ({ rows, cols, width, height: plotHeight(rows, cols, width, 420) }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const near = (one: number, other: number) => expect(Math.abs(one - other)).toBeLessThan(1e-6 * (1 + Math.abs(one)));

  test('zooming keeps what is under the pointer there, unless an edge would come inside', () => {
    fc.assert(
      fc.property(
        extents,
        fc.array(fc.double({ min: 0.3, max: 3, noNaN: true }), { maxLength: 6 }),
        share,
        share,
        (extent, factors, a, b) => {
          const at = { x: a * extent.width, y: b * extent.height };
          let view = whole;
          for (const factor of factors) {
            const before = cellSize(extent, view);
            const next = zoomed(view, extent, factor, at);
            const after = cellSize(extent, next);
            const [x, y] = [view.x + at.x / before.width, view.y + at.y / before.height];
            const free = kept({ x: x - at.x / after.width, y: y - at.y / after.height, zoom: next.zoom }, extent);
            near(next.x, free.x);
            near(next.y, free.y);
            if (next.x > 1e-9 && next.x < extent.cols - extent.width / after.width - 1e-9)
              near(next.x + at.x / after.width, x);
            if (next.y > 1e-9 && next.y < extent.rows - extent.height / after.height - 1e-9)
              near(next.y + at.y / after.height, y);
            expect(next.zoom).toBeGreaterThanOrEqual(1);
            expect(next.zoom).toBeLessThanOrEqual(furthestZoom(extent));
            view = next;
          }
        },
      ),
    );
  });

  test('panning moves the cells by as many pixels, and never past an edge', () => {
    const extent: Extent = { rows: 1000, cols: 1000, width: 500, height: 400 };
    const view = zoomed(whole, extent, 10, { x: 250, y: 200 });
    const { width, height } = cellSize(extent, view);
    const next = panned(view, extent, -30, 12);
    near(next.x, view.x + 30 / width);
    near(next.y, view.y - 12 / height);
    expect(cellAt(view, extent, { x: 100, y: 100 })).toEqual(cellAt(next, extent, { x: 70, y: 112 }));
    const far = panned(view, extent, 1e9, -1e9);
    expect([far.x, far.y]).toEqual([0, 1000 - 400 / height]);
  });

  test('all of it is in sight at first, and a cell that is wanted afterwards', () => {
    fc.assert(
      fc.property(extents, share, share, (extent, a, b) => {
        expect(inSight(whole, extent)).toEqual({ rows: [0, extent.rows], cols: [0, extent.cols] });
        const cell = { row: Math.floor(a * (extent.rows - 1)), col: Math.floor(b * (extent.cols - 1)) };
        const view = revealed(zoomed(whole, extent, 1e6, { x: 0, y: 0 }), extent, cell);
        const { rows, cols } = inSight(view, extent);
        expect(cell.row >= rows[0] && cell.row < rows[1] && cell.col >= cols[0] && cell.col < cols[1]).toBe(true);
        const { width, height } = cellSize(extent, view);
        const middle = { x: (cell.col - view.x + 0.5) * width, y: (cell.row - view.y + 0.5) * height };
        if (middle.x < extent.width && middle.y < extent.height) expect(cellAt(view, extent, middle)).toEqual(cell);
      }),
    );
  });

  test('there is no cell beside the matrix', () => {
    const extent: Extent = { rows: 2, cols: 2, width: 500, height: 48 };
    expect(cellAt(whole, extent, { x: 300, y: 10 })).toBeNull();
    expect(cellAt(whole, extent, { x: -1, y: 10 })).toBeNull();
    expect(cellAt(whole, extent, { x: 90, y: 30 })).toEqual({ row: 1, col: 1 });
  });
});

describe('numbers', () => {
  test('nine digits read back as the same single precision number', () => {
    fc.assert(
      fc.property(word, (bits) => {
        const values = fromBits([bits]);
        expect(Object.is(Math.fround(Number(nineDigits(values[0]!))), values[0])).toBe(true);
      }),
    );
  });

  test('bits are those of the buffer, a signalling NaN too', () => {
    const values = fromBits([0x7f800001, 0x80000000, 0x3f800000]);
    expect([0, 1, 2].map((i) => hexOf(values, i))).toEqual(['7f800001', '80000000', '3f800000']);
  });

  test('a unit in the last place is the distance to the next number', () => {
    for (const [bits, next] of [
      [0x3f800000, 0x3f800001],
      [0x3fffffff, 0x40000000],
      [0, 1],
      [0x00800000, 0x00800001],
      [0x7f7ffffe, 0x7f7fffff],
    ] as const) {
      const [one, other] = fromBits([bits, next]);
      expect(unitInLastPlace(one!)).toBe(other! - one!);
    }
  });
});

describe('copies', () => {
  const table = (words: readonly number[], axes: string[], shape: number[]): Table => ({
    name: 'blocks.0.attn.hook_pattern',
    axes,
    shape,
    fixed: { batch: 0, head: 1 },
    values: fromBits(words),
  });
  const python = { 'np.nan': Number.NaN, 'np.inf': Infinity, '-np.inf': -Infinity } as Record<string, number>;
  const csvNames = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity } as Record<string, number>;
  const same = (values: Float32Array, read: readonly number[]) => {
    expect(read.length).toBe(values.length);
    read.forEach((value, i) => {
      expect(Object.is(Math.fround(value), values[i]), `${value} for ${values[i]}`).toBe(true);
    });
  };

  test('NumPy, JSON and CSV read back bit for bit', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 6, maxLength: 6 }), (words) => {
        const one = table(words, ['query', 'key'], [2, 3]);
        const values = one.values as Float32Array;
        const [, items, shape] = /^np\.array\(\[(.*)\], dtype=np\.float32\)\.reshape\((.*)\) {2}#/.exec(numpy(one))!;
        expect(shape).toBe('2, 3');
        same(
          values,
          items!.split(', ').map((text) => python[text] ?? Number(text)),
        );
        expect(items).not.toMatch(/(^|, )-?\d+(,|$)/); // integers would be another type
        const [, hex] = /^np\.array\(\[(.*)\], dtype=np\.uint32\)\.view\(np\.float32\)\.reshape\(2, 3\)/.exec(
          numpy(one, true),
        )!;
        expect(hex!.split(', ').map(Number)).toEqual(words);
        const parsed = JSON.parse(json(one)) as { data: (number | string)[][]; shape: number[]; index: object };
        expect([parsed.shape, parsed.index]).toEqual([[2, 3], { batch: 0, head: 1 }]);
        expect(parsed.data.map((row) => row.length)).toEqual([3, 3]);
        same(values, parsed.data.flat().map(Number));
        const lines = csv(one)
          .trimEnd()
          .split('\r\n')
          .map((line) => line.split(','));
        expect(lines[0]).toEqual(['query\\key', '0', '1', '2']);
        expect(lines.slice(1).map(([row]) => row)).toEqual(['0', '1']);
        same(
          values,
          lines.slice(1).flatMap((line) => line.slice(1).map((text) => csvNames[text] ?? Number(text))),
        );
      }),
    );
  });

  test('a row, a number and a difference have their shape and type', () => {
    const row = table([0x3f800000, 0x80000000], ['model'], [2]);
    expect(numpy(row)).toBe(
      'np.array([1.0, -0.0], dtype=np.float32).reshape(2)  # blocks.0.attn.hook_pattern, batch 0, head 1, [model]\n',
    );
    expect(json(row)).toContain('"data":[1,-0]}');
    expect(csv(row)).toBe('model,0,1\r\n0,1,-0\r\n');
    const scalar = table([0x3f800000], [], []);
    expect(numpy(scalar)).toContain('.reshape(())');
    expect(json(scalar)).toContain('"data":1}');
    const difference = { ...row, values: Float64Array.of(0.1 + 0.2, -0) };
    expect(numpy(difference, true)).toContain('np.array([0.30000000000000004, -0.0], dtype=np.float64)');
    expect(json(difference)).toContain('"dtype":"float64","data":[0.30000000000000004,-0]');
  });
});

describe('pictures', () => {
  const picture = (rows: number, cols: number, at: (i: number) => number) => {
    const cells = cellsOf(
      rows,
      cols,
      Float32Array.from({ length: rows * cols }, (_, i) => at(i)),
    );
    return { pyramid: new Pyramid(cells), coloring: coloringOf(cells, false, 1), dark: false, title: 'a < b & c' };
  };
  const parse = (text: string) => new DOMParser().parseFromString(text, 'image/svg+xml');

  test('an SVG has a rectangle for each cell, of its colour, or its hatch', () => {
    const values = [1, Number.NaN, 0.5, 0.25, Infinity, 1];
    const document = parse(svg(picture(2, 3, (i) => values[i]!)));
    expect(document.querySelector('title')!.textContent).toBe('a < b & c');
    const [black] = [sequential.light[255]!.map((part) => part.toString(16).padStart(2, '0')).join('')];
    const fills = [...document.querySelectorAll('rect')].map((rect) => rect.getAttribute('fill'));
    expect(fills.length).toBe(6);
    expect([fills[0], fills[1], fills[4], fills[5]]).toEqual([`#${black}`, 'url(#NaN)', 'url(#plusInf)', `#${black}`]);
    expect([...document.querySelectorAll('pattern')].map(({ id }) => id)).toEqual(['NaN', 'plusInf']);
  });

  test('neighbours of one colour are one rectangle, and a million values a file of a sensible size', () => {
    expect(parse(svg(picture(4, 9, () => 1))).querySelectorAll('rect').length).toBe(4);
    const text = svg(picture(1024, 1024, (i) => ((i * 2654435761) % 1000) - 500));
    expect(text.length).toBeLessThan(1.5e6);
    expect(parse(text).querySelectorAll('rect').length).toBeLessThanOrEqual(128 * 128);
  });
});
