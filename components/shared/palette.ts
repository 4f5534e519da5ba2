import { luminance, parse } from './colors';

/** The canvas's own styles, resolved. */
export interface Palette {
  readonly dark: boolean;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly font: string;
}

/** On paper, whatever the page is on screen. */
const PAPER = { dark: false, text: '#1b2024', muted: '#59636b', accent: '#00705a' } as const;

/** Of a canvas whose style sheet has the colours as `color`, `caret-color` and `outline-color`. */
export function paletteOf(canvas: HTMLCanvasElement, printing: boolean): Palette {
  const style = getComputedStyle(canvas);
  const { color: text, caretColor: muted, outlineColor: accent, fontFamily: font } = style;
  return printing ? { ...PAPER, font } : { dark: luminance(parse(text)) > 0.5, text, muted, accent, font };
}
