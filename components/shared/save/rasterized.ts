import type { Picture } from './picture';

/** More could be refused by the browser: 16,384 a side is what common ones take. */
const MOST_SIDE = 16_384;

/** A drawing as a PNG with so many pixels to a CSS pixel. */
export async function rasterized({ svg, width, height }: Picture, ratio: number): Promise<Blob> {
  const scale = Math.min(ratio, MOST_SIDE / width, MOST_SIDE / height);
  const image = new Image(width, height);
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: 'image/png' });
  } finally {
    URL.revokeObjectURL(url);
  }
}
