/** As much of a text as a width has room for. */
export function fit(pen: Pick<CanvasRenderingContext2D, 'measureText'>, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  let end = text.length - 1;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return `${text.slice(0, end)}…`;
}
