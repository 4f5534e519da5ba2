/** Text and numbers as SVG writes them. */

export interface DrawnText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** As CSS and a canvas write it: `bold 11px monospace`. */
  readonly font: string;
  readonly align: CanvasTextAlign;
  readonly baseline: CanvasTextBaseline;
  readonly fill: string;
}

const ANCHORS: Readonly<Record<CanvasTextAlign, string>> = {
  left: 'start',
  start: 'start',
  center: 'middle',
  right: 'end',
  end: 'end',
};
/** In em: not every program that opens SVG knows `dominant-baseline`. */
const SHIFTS: Partial<Record<CanvasTextBaseline, number>> = { middle: 0.35, top: 0.8, hanging: 0.8, bottom: -0.2 };

/** The attributes of a `<text>` element. */
export function textAttributes({ x, y, font, align, baseline, fill }: Omit<DrawnText, 'text'>): string {
  const [, before = '', size = '10', rest = ''] = /^(.*?)\s*([\d.]+)px(?:\s*\/\s*\S+)?\s*(.*)$/.exec(font) ?? [];
  const weight = /\b(bold|\d{3})\b/.exec(before)?.[1];
  const down = number(y + (SHIFTS[baseline] ?? 0) * Number(size));
  return [
    `x="${number(x)}" y="${down}" fill="${escaped(fill)}" font-family="${escaped(rest)}" font-size="${number(Number(size))}"`,
    ...(weight && weight !== '400' ? [`font-weight="${weight}"`] : []),
    ...(before.includes('italic') ? ['font-style="italic"'] : []),
    ...(ANCHORS[align] === 'start' ? [] : [`text-anchor="${ANCHORS[align]}"`]),
    'xml:space="preserve"',
  ].join(' ');
}

/** Three decimals at the most. */
export function number(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** For text and attributes alike. What XML cannot hold at all, lone surrogates included, becomes U+FFFD. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
