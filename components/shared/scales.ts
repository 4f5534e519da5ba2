/**
 * The two scales that the colours are made of, as numbers: magma (Smith and van der Walt, matplotlib), perceptually uniform,
 * and ColorBrewer's RdBu. They are d3-scale-chromatic's, which a test compares; a page loads no more of it than this.
 */
import type { Rgb } from './colors';

/**
 * 256 colours from dark to light: by how much red, green and blue grow from one to the next, plus 1. The first is
 * [0, 0, 4].
 */
const MAGMA = [
  '211211212221222222223222222322322322323323233323323332332332332323323232323323232323323232323323233232332' +
    '323323233233233232332332332323323233232323232323223222322222222222122122121212112112112111121111121111111' +
    '111111111111111111111111101111111110111111111',
  '121121212121221221221221212121121111211011111011101111112111212121221212212212212122122121212212121221212' +
    '121212121212122121212121221212212212212222212222232222322322323323323332333333233333333233333333233333332' +
    '333333233333233333233333233333233332333332333',
  '223233343333333333433334334334343343434334333333233223222212221212121121121111211111111112111101111111111' +
    '011110111011011010110101010100100100100100010000100001001001001101011111111112112121221222222222222223222' +
    '322322323232323323233233233323333233333332333',
];

/** Eleven colours from red to blue. */
const RED_TO_BLUE = '67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061';

const magmaColors = magmaTable();
const redToBlueColors = colorsOf(RED_TO_BLUE);

/** @param t 0 to 1 */
export function magma(t: number): Rgb {
  return magmaColors[Math.min(255, Math.floor(256 * t))]!;
}

/** A uniform cubic B-spline through the eleven colours. @param t 0 to 1 */
export function redToBlue(t: number): Rgb {
  const last = redToBlueColors.length - 1;
  const i = Math.min(last - 1, Math.floor(t * last));
  const x = t * last - i;
  const weights = [(1 - x) ** 3, 4 - 6 * x ** 2 + 3 * x ** 3, 1 + 3 * x + 3 * x ** 2 - 3 * x ** 3, x ** 3];
  const channel = (c: 0 | 1 | 2) => {
    const at = (k: number) => redToBlueColors[k]![c];
    const before = i > 0 ? at(i - 1) : 2 * at(0) - at(1);
    const after = i + 2 <= last ? at(i + 2) : 2 * at(last) - at(last - 1);
    const sum = [before, at(i), at(i + 1), after].reduce((total, value, k) => total + weights[k]! * value, 0);
    return Math.round(sum / 6);
  };
  return [channel(0), channel(1), channel(2)];
}

function magmaTable(): Rgb[] {
  let color: Rgb = [0, 0, 4];
  const step = (i: number) => color.map((channel, c) => channel + Number(MAGMA[c]![i]) - 1) as unknown as Rgb;
  return [color, ...Array.from(MAGMA[0]!, (_, i) => (color = step(i)))];
}

function colorsOf(hex: string): Rgb[] {
  return (hex.match(/.{6}/g) ?? []).map((digits) => {
    const rgb = Number.parseInt(digits, 16);
    return [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
  });
}
