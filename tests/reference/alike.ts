import { expect } from 'vitest';

/**
 * Two answers to one question, number by number: what rounding moves may differ by `tolerance` of the larger magnitude,
 * or of 1 where both are smaller; all else is equal.
 */
export function alike(got: unknown, wanted: unknown, tolerance: number, where = 'answer'): void {
  if (typeof got === 'number' && typeof wanted === 'number') {
    const scale = Math.max(1, Math.abs(got), Math.abs(wanted));
    const near = Object.is(got, wanted) || Math.abs(got - wanted) <= tolerance * scale;
    if (!near) expect.fail(`${where}: got ${got}, expected ${wanted}`);
  } else if (typeof wanted === 'object' && wanted !== null && typeof got === 'object' && got !== null) {
    expect(Object.keys(got), where).toEqual(Object.keys(wanted));
    for (const key of Object.keys(wanted)) {
      alike(got[key as never], wanted[key as never], tolerance, `${where}.${key}`);
    }
  } else expect(got, where).toEqual(wanted);
}
