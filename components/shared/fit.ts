const MOST = 256; // characters that are measured: no width that is asked for has room for more

/** As much of a text as a width has room for. Of a text of any length only the beginning is measured. */
export function fit(pen: Pick<CanvasRenderingContext2D, 'measureText'>, text: string, width: number): string {
  if (text.length <= MOST && pen.measureText(text).width <= width) return text;
  const characters = [...text.slice(0, MOST)];
  let end = characters.length - 1;
  while (end > 1 && pen.measureText(`${characters.slice(0, end).join('')}…`).width > width) end--;
  return `${characters.slice(0, end).join('')}…`;
}
