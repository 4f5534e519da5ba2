import { type ColorScale, colorIndex } from './colors';

/** A matrix to draw, row-major; NaN is a void. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: ArrayLike<number>;
}

/** A matrix as an image of one pixel per value; voids are transparent. */
export function bitmapOf({ rows, cols, values }: Matrix, scale: ColorScale, dark: boolean, min: number, max: number) {
  const canvas = new OffscreenCanvas(Math.max(1, cols), Math.max(1, rows));
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  const colors = dark ? scale.dark : scale.light;
  for (let i = 0; i < rows * cols; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const [red, green, blue] = colors[colorIndex(value, min, max)]!;
    image.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
