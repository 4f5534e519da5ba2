const MOST = 512; // characters that are measured: no width that is asked for has room for more

/** As much of a text as a width has room for, a character at least. Of a text of any length only the beginning is measured. */
export function fit(pen: Pick<CanvasRenderingContext2D, 'measureText'>, text: string, width: number): string {
  const whole = text.length <= MOST;
  if (whole && pen.measureText(text).width <= width) return text;
  const characters = [...text.slice(0, MOST)].slice(0, -1); // The last one may be half a pair.
  const cutAt = (end: number) => `${characters.slice(0, end).join('')}…`;
  let [fits, tooMany] = [1, characters.length + 1];
  while (fits + 1 < tooMany) {
    const middle = (fits + tooMany) >> 1;
    if (pen.measureText(cutAt(middle)).width <= width) fits = middle;
    else tooMany = middle;
  }
  return cutAt(fits);
}
