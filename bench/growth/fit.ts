/** Sums of powers through points, by least squares. */

/** coefficient · x^power */
export interface Term {
  readonly power: number;
  readonly coefficient: number;
}

/**
 * The terms whose sum comes closest to the values, each error taken as a share of its value, so that small ones count as
 * much as large ones. A term that comes out negative is left out: a pass has no parts that take less than no time.
 */
export function fit(xs: readonly number[], ys: readonly number[], powers: readonly number[]): Term[] {
  const coefficients = solve(
    powers.map((p) => powers.map((q) => sum(xs, (x, i) => (x ** p * x ** q) / ys[i]! ** 2))),
    powers.map((p) => sum(xs, (x, i) => x ** p / ys[i]!)),
  );
  const terms = powers.map((power, i) => ({ power, coefficient: coefficients[i]! }));
  const least = terms.toSorted((a, b) => a.coefficient - b.coefficient)[0]!;
  return least.coefficient < 0 && powers.length > 1
    ? fit(
        xs,
        ys,
        powers.filter((power) => power !== least.power),
      )
    : terms;
}

export const valueAt = (terms: readonly Term[], x: number) =>
  terms.reduce((total, { power, coefficient }) => total + coefficient * x ** power, 0);

/** The share of the variance of the values that the terms explain. */
export function explained(terms: readonly Term[], xs: readonly number[], ys: readonly number[]): number {
  const mean = sum(ys, (y) => y) / ys.length;
  return 1 - sum(ys, (y, i) => (y - valueAt(terms, xs[i]!)) ** 2) / sum(ys, (y) => (y - mean) ** 2);
}

function sum(values: readonly number[], of: (value: number, i: number) => number): number {
  return values.reduce((total, value, i) => total + of(value, i), 0);
}

/** Gauss's elimination with the largest pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    const below = rows.slice(column);
    const pivot = column + below.indexOf(below.toSorted((a, b) => Math.abs(b[column]!) - Math.abs(a[column]!))[0]!);
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const times = row[column]! / rows[column]![column]!;
      for (let j = column; j <= n; j++) row[j]! -= times * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
