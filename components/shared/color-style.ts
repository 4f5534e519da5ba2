import { type ColorScale, css, inkOn } from './colors';

/** `background` and `color` for text on a value's colour, in whichever scheme the page is, forced colours included. */
export function colorStyle(scale: ColorScale, index: number): string {
  const light = scale.light[index]!;
  const dark = scale.dark[index]!;
  return `background: light-dark(${css(light)}, ${css(dark)}); color: light-dark(${inkOn(light)}, ${inkOn(dark)}); forced-color-adjust: none`;
}
