/** A value in an error: JSON on one line, cut where a hostile or broken file would fill the screen. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}
