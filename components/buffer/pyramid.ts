import { FINITE } from '../../src/viewer';

/** Values of a matrix, row-major, with the kind of each. */
export interface Cells {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array | Float64Array;
  /** As `numberKinds` tells them. */
  readonly kinds: Uint8Array;
}

/**
 * A matrix at every level of detail: at level (y, x) a block is 2^y rows by 2^x columns. Nothing extreme gets lost on the
 * way up: a block has its finite value of largest magnitude, of two such the positive one, and all kinds of number that
 * are in it. Levels are made when they are asked for, each from the one below.
 */
export class Pyramid {
  readonly #levels = new Map<string, Cells>();

  constructor(readonly cells: Cells) {
    this.#levels.set('0,0', cells);
  }

  level(y: number, x: number): Cells {
    const key = `${y},${x}`;
    let level = this.#levels.get(key);
    if (!level) {
      level = x > y ? halve(this.level(y, x - 1), 1, 2) : halve(this.level(y - 1, x), 2, 1);
      this.#levels.set(key, level);
    }
    return level;
  }
}

/** Blocks of `down` × `across` in one, of which one is 2; fewer at the edges. */
function halve(below: Cells, down: number, across: number): Cells {
  const [rows, cols] = [Math.ceil(below.rows / down), Math.ceil(below.cols / across)];
  const values = new (below.values.constructor as Float64ArrayConstructor)(rows * cols);
  const kinds = new Uint8Array(rows * cols);
  for (let at = 0, row = 0; row < rows; row++) {
    const next = row * 2 + 1 < below.rows ? below.cols : 0;
    for (let col = 0; col < cols; col++, at++) {
      const one = row * down * below.cols + col * across;
      const other = one + (down === 2 ? next : Number(col * 2 + 1 < below.cols));
      const [a, b] = [below.kinds[one]!, below.kinds[other]!];
      kinds[at] = a | b;
      const [x, y] = [below.values[a & FINITE ? one : other]!, below.values[b & FINITE ? other : one]!];
      const [low, high] = [Math.min(x, y), Math.max(x, y)];
      values[at] = -low > high ? low : high;
    }
  }
  return { rows, cols, values, kinds };
}
