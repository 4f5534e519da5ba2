import { type ColorScale, colorIndex, packedColors, type Rgb } from './colors';

/** A matrix to draw, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: ArrayLike<number>;
  /** Whether nothing is at an index, whatever `values` holds there: a masked pair, what has not run. None unless given. */
  readonly isVoid?: ((i: number) => boolean) | undefined;
}

const drawn = new WeakMap<Matrix, { key: unknown[]; bitmap: OffscreenCanvas }>();

/** A matrix as an image of one pixel per value; voids are transparent. The last image of each matrix is kept. */
export function bitmapOf(matrix: Matrix, scale: ColorScale, dark: boolean, min: number, max: number): OffscreenCanvas {
  const key = [scale, dark, min, max];
  const kept = drawn.get(matrix);
  if (kept?.key.every((part, i) => part === key[i])) return kept.bitmap;
  const bitmap = draw(matrix, dark ? scale.dark : scale.light, min, max);
  drawn.set(matrix, { key, bitmap });
  return bitmap;
}

function draw(
  { rows, cols, values, isVoid }: Matrix,
  colors: readonly Rgb[],
  min: number,
  max: number,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(Math.max(1, cols), Math.max(1, rows));
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const table = packedColors(colors);
  for (let i = 0; i < rows * cols; i++) {
    if (!isVoid?.(i)) pixels[i] = table[colorIndex(values[i]!, min, max)]!;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
