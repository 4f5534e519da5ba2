/** How numbers and tokens are written on screen. */

/** Four significant digits, with a minus sign that a reader can see. */
export function formatValue(value: number): string {
  if (value === 0) return '0';
  return value.toPrecision(4).replace('e-', 'e−').replace(/^-/, '−');
}

/** Two decimals for the narrow places. */
export function formatShort(value: number): string {
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

/** A token with its white space made visible, other control characters escaped, and what no screen has room for cut. */
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
  return Array.from(token.length > LONGEST ? `${token.slice(0, LONGEST)}…` : token, (character) => {
    const mark = MARKS[character];
    if (mark) return mark;
    const code = character.codePointAt(0)!;
    return /\p{C}|\p{Z}/u.test(character) ? `\\u{${code.toString(16).toUpperCase()}}` : character;
  }).join('');
}
