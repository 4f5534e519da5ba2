import { NumberKind } from '../../src/viewer';
import type { Rgb } from '../shared/colors';

/** What is no number has two colours in stripes; none of the colour scales has its like. */
export interface Hatch {
  readonly name: string;
  readonly light: readonly [back: Rgb, line: Rgb];
  readonly dark: readonly [back: Rgb, line: Rgb];
  /** Whether a pixel of the tile lies on a line. */
  readonly second: (x: number, y: number) => boolean;
  /** The lines as an SVG path. */
  readonly path: string;
}

/** A hatch repeats after so many pixels, both ways. */
export const TILE = 6;

const BLACK: Rgb = [0, 0, 0];
const YELLOW: Rgb = [255, 214, 0];

export const hatches: ReadonlyMap<number, Hatch> = new Map([
  [
    NumberKind.nan,
    {
      name: 'NaN',
      light: [[0, 158, 30], BLACK],
      dark: [[40, 230, 70], BLACK],
      second: (x, y) => (x + y) % TILE < 2,
      path: 'M-1 1L1-1M-1 7L7-1M5 7L7 5',
    },
  ],
  [
    NumberKind.positiveInfinity,
    { name: '+Inf', light: [YELLOW, BLACK], dark: [YELLOW, BLACK], second: (x) => x < 2, path: 'M1 0V6' },
  ],
  [
    NumberKind.negativeInfinity,
    { name: '−Inf', light: [YELLOW, BLACK], dark: [YELLOW, BLACK], second: (_, y) => y < 2, path: 'M0 1H6' },
  ],
  [
    NumberKind.masked,
    {
      name: 'masked',
      light: [
        [255, 255, 255],
        [205, 209, 212],
      ],
      dark: [
        [15, 19, 22],
        [66, 74, 80],
      ],
      second: (x, y) => (x + TILE - y) % TILE < 1,
      path: 'M-1 5L1 7M-1-1L7 7M5-1L7 1',
    },
  ],
]);
