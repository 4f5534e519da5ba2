import { FINITE, NumberKind } from '../../src/viewer';

/** Values of a matrix, row-major, with the kind of each. */
export interface Cells {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array | Float64Array;
  /** As `numberKinds` tells them. */
  readonly kinds: Uint8Array;
}

/** A matrix of blocks: of each the least and the greatest finite value, and all kinds of number that are in it. */
export interface Level {
  readonly rows: number;
  readonly cols: number;
  readonly low: Float32Array | Float64Array;
  readonly high: Float32Array | Float64Array;
  readonly kinds: Uint8Array;
}

/**
 * A matrix at every level of detail: at level (y, x) a block is 2^y rows by 2^x columns. Nothing extreme gets lost on the
 * way up: a block keeps its least and its greatest value, and whether it holds a NaN, an infinity or a masked score.
 * Levels are made when they are asked for, each from the one below.
 */
export class Pyramid {
  readonly #levels = new Map<string, Level>();

  constructor(readonly cells: Cells) {
    const { rows, cols, values, kinds } = cells;
    this.#levels.set('0,0', { rows, cols, low: values, high: values, kinds });
  }

  level(y: number, x: number): Level {
    const key = `${y},${x}`;
    let level = this.#levels.get(key);
    if (!level) {
      level = x > y ? halve(this.level(y, x - 1), 1, 2) : halve(this.level(y - 1, x), 2, 1);
      this.#levels.set(key, level);
    }
    return level;
  }
}

/** Blocks of `down` × `across` in one; fewer at the edges. */
function halve(below: Level, down: 1 | 2, across: 1 | 2): Level {
  const [rows, cols] = [Math.ceil(below.rows / down), Math.ceil(below.cols / across)];
  const Values = below.low.constructor as Float32ArrayConstructor | Float64ArrayConstructor;
  const [low, high] = [new Values(rows * cols), new Values(rows * cols)];
  const level = { rows, cols, low, high, kinds: new Uint8Array(rows * cols) };
  for (let row = 0; row < rows; row++) {
    const first = row * down * below.cols;
    if (across === 2) joinPairs(below, first, level, row);
    else joinRows(below, first, row * 2 + 1 < below.rows ? first + below.cols : first, level, row);
  }
  return level;
}

function joinPairs(below: Level, first: number, level: Level, row: number): void {
  for (let col = 0; col < level.cols; col++) {
    const one = first + 2 * col;
    join(below, one, 2 * col + 1 < below.cols ? one + 1 : one, level, row * level.cols + col);
  }
}

function joinRows(below: Level, first: number, second: number, level: Level, row: number): void {
  for (let col = 0; col < level.cols; col++) join(below, first + col, second + col, level, row * level.cols + col);
}

function join({ low, high, kinds }: Level, one: number, other: number, to: Level, at: number): void {
  const [a, b] = [kinds[one]!, kinds[other]!];
  to.kinds[at] = a | b;
  const [left, right] = [(a & FINITE) === 0 ? other : one, (b & FINITE) === 0 ? one : other];
  to.low[at] = low[left]! < low[right]! ? low[left]! : low[right]!;
  to.high[at] = high[left]! > high[right]! ? high[left]! : high[right]!;
}

/** What a block is drawn as: a NaN before an infinity, that before numbers, and those before masked scores. */
export function drawnKind(kinds: number): number {
  if (kinds & NumberKind.nan) return NumberKind.nan;
  if (kinds & NumberKind.positiveInfinity) return NumberKind.positiveInfinity;
  if (kinds & NumberKind.negativeInfinity) return NumberKind.negativeInfinity;
  return kinds & FINITE ? NumberKind.normal : NumberKind.masked;
}

/** The finite value that a block is drawn as: the one of largest magnitude. */
export function drawnValue(low: number, high: number): number {
  return -low > high ? low : high;
}

/** The cell that a block of cells is drawn as, `[from, to)` along both. */
export function drawnCell(
  { cols, values, kinds }: Cells,
  rows: readonly [number, number],
  columns: readonly [number, number],
): { row: number; col: number } {
  const rank = (i: number) => {
    const kind = drawnKind(kinds[i]!);
    const order = [NumberKind.masked, NumberKind.normal, NumberKind.negativeInfinity, NumberKind.positiveInfinity];
    const at = order.indexOf(kind as never);
    return at < 0 ? order.length : at;
  };
  let best = rows[0] * cols + columns[0];
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let col = columns[0]; col < columns[1]; col++) {
      const i = row * cols + col;
      const by = rank(i) - rank(best);
      const larger = Math.abs(values[i]!) - Math.abs(values[best]!);
      if (by > 0 || (by === 0 && (larger > 0 || (larger === 0 && values[i]! > values[best]!)))) best = i;
    }
  }
  return { row: Math.floor(best / cols), col: best % cols };
}
