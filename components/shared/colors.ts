/** Colour scales, each in a light and a dark version: more is always further from the page's background. */
import { magma, redToBlue } from './scales';

export type Rgb = readonly [red: number, green: number, blue: number];

export interface ColorScale {
  /** 256 colours from the least to the greatest value, then that of NaN and that of the infinities. */
  readonly light: readonly Rgb[];
  readonly dark: readonly Rgb[];
}

/** As in `<fluoro-buffer>`: neither scale has their like. */
const NAN: Rgb = [0, 158, 30];
const INFINITE: Rgb = [255, 214, 0];

/** For values from 0 up, such as probabilities: magma, perceptually uniform (Smith and van der Walt, matplotlib). */
export const sequential: ColorScale = {
  light: table((t) => magma(1 - 0.9 * t)),
  dark: table((t) => magma(0.11 + 0.89 * t)),
};

const NIGHT: Rgb = [34, 39, 45];
const NIGHT_RED: Rgb = [255, 138, 108];
const NIGHT_BLUE: Rgb = [104, 190, 255];

/** For values on both sides of 0: red below, blue above (ColorBrewer's RdBu; on dark, from night to light red or blue). */
export const diverging: ColorScale = {
  light: table((t) => redToBlue(0.06 + 0.88 * t)),
  dark: table((t) => mix(NIGHT, t < 0.5 ? NIGHT_RED : NIGHT_BLUE, Math.abs(2 * t - 1))),
};

/** A value's place in a scale's table. */
export function colorIndex(value: number, min: number, max: number): number {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 256 : 257;
  const t = max > min ? (value - min) / (max - min) : 0.5;
  return Math.round(255 * Math.min(1, Math.max(0, t)));
}

const packed = new WeakMap<readonly Rgb[], Uint32Array>();

/** Colours as the pixels of an image, opaque, in the machine's order of bytes. */
export function packedColors(colors: readonly Rgb[]): Uint32Array {
  let table = packed.get(colors);
  if (!table) {
    const bytes = Uint8Array.from(colors.flatMap((color) => [...color, 255]));
    packed.set(colors, (table = new Uint32Array(bytes.buffer)));
  }
  return table;
}

/** A scale as a CSS gradient, for legends. */
export function gradient({ light, dark }: ColorScale): string {
  const stops = Array.from({ length: 18 }, (_, i) => 15 * i);
  const colors = stops.map((i) => `light-dark(${css(light[i]!)}, ${css(dark[i]!)})`);
  return `linear-gradient(to right, ${colors.join(', ')})`;
}

/** WCAG relative luminance, 0 to 1. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

export function parse(color: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(color);
  const parts = hex ? hex.slice(1).map((c) => Number.parseInt(c, 16)) : (color.match(/[\d.]+/g) ?? []).map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}

/** Black or white, whichever has the larger contrast ratio. */
export function inkOn(rgb: Rgb): string {
  return luminance(rgb) > 0.179 ? '#000' : '#fff';
}

export function css(rgb: Rgb): string {
  return `rgb(${rgb.join(' ')})`;
}

function mix(from: Rgb, to: Rgb, t: number): Rgb {
  const channel = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * t);
  return [channel(0), channel(1), channel(2)];
}

function table(color: (t: number) => Rgb): Rgb[] {
  return [...Array.from({ length: 256 }, (_, i) => color(i / 255)), NAN, INFINITE];
}
