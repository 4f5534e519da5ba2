/** As much of a text as a width has room for. */
export function fit(pen: Pick<CanvasRenderingContext2D, 'measureText'>, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  const characters = [...text];
  let end = characters.length - 1;
  while (end > 1 && pen.measureText(`${characters.slice(0, end).join('')}…`).width > width) end--;
  return `${characters.slice(0, end).join('')}…`;
}
