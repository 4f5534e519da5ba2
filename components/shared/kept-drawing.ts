/** A drawing that is made again only when what it shows has changed. */
export class KeptDrawing {
  #canvas: OffscreenCanvas | null = null;
  #key: readonly unknown[] = [];

  /** @param size in device pixels @param key what `draw` depends on */
  drawn(
    { width, height }: { readonly width: number; readonly height: number },
    key: readonly unknown[],
    draw: (context: OffscreenCanvasRenderingContext2D) => void,
  ): OffscreenCanvas {
    const kept = this.#canvas;
    const same = kept?.width === width && kept.height === height && key.length === this.#key.length;
    if (kept && same && key.every((part, i) => part === this.#key[i])) return kept;
    this.#canvas = new OffscreenCanvas(width, height);
    this.#key = key;
    draw(this.#canvas.getContext('2d')!);
    return this.#canvas;
  }
}
