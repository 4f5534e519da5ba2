/** How numbers and tokens are written on screen. */

/** Four significant digits, with a minus sign that a reader can see. */
export function formatValue(value: number): string {
  if (value === 0) return '0';
  return value.toPrecision(4).replace('e-', 'e−').replace(/^-/, '−');
}

/** Two decimals for the narrow places, or none; from a million on no number has its digits. */
export function formatShort(value: number): string {
  if (Math.abs(value) >= 1e6) return formatValue(value);
  const text = value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
  return text === '-0.00' ? '0.00' : text.replace(/^-/, '−');
}

export function formatPercent(share: number): string {
  if (Number.isNaN(share)) return 'NaN';
  const percent = 100 * share;
  return percent > 0 && percent < 0.1 ? '< 0.1%' : `${percent.toFixed(percent === 100 ? 0 : 1)}%`;
}

/** Decimal units: 1 kB is 1000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

const MARKS: Readonly<Record<string, string>> = { ' ': '·', '\n': '⏎', '\t': '⇥', '\r': '␍', '\u00a0': '⍽' };

/** Tokens come back at every drawing. */
const shown = new Map<string, string>();
const KEPT = 10_000;

/** Longer than any real token's text: GPT-2's longest has 128 characters. A recording may name its tokens anything. */
const LONGEST = 160;

/** Hebrew, Arabic and the other scripts that run from right to left: their blocks of Unicode. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * A token with its white space made visible, other control characters escaped, those of writing direction among them, and
 * what no screen has room for cut. What runs from right to left is isolated (U+2068, U+2069): in a sentence without
 * markup, as a title is, the words around it would change places.
 */
export function visibleToken(token: string): string {
  let text = shown.get(token);
  if (text === undefined) {
    if (shown.size >= KEPT) shown.clear();
    shown.set(token, (text = madeVisible(token)));
  }
  return text;
}

function madeVisible(token: string): string {
  if (token === '') return '∅';
  const text = Array.from(token.length > LONGEST ? `${token.slice(0, LONGEST)}…` : token, (character) => {
    const mark = MARKS[character];
    if (mark) return mark;
    const code = character.codePointAt(0)!;
    return /\p{C}|\p{Z}/u.test(character) ? `\\u{${code.toString(16).toUpperCase()}}` : character;
  }).join('');
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}
