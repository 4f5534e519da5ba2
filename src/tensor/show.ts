/** A value in an error: JSON on one line, cut where a hostile or broken file would fill the screen. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value); // JSON has no Infinity
  return cut(JSON.stringify(value) ?? String(value));
}

/** Text in an error, at most `length` characters of it. */
export function cut(text: string, length = 100): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
