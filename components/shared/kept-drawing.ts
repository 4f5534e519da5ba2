/** A drawing that is made again only when what it shows has changed. */
export class KeptDrawing {
  #canvas!: OffscreenCanvas;
  #key: readonly unknown[] = [];

  /** @param size in device pixels @param key what `draw` depends on */
  drawn(
    { width, height }: { readonly width: number; readonly height: number },
    key: readonly unknown[],
    draw: (context: OffscreenCanvasRenderingContext2D) => void,
  ): OffscreenCanvas {
    const all = [width, height, ...key];
    if (all.length !== this.#key.length || all.some((part, i) => part !== this.#key[i])) {
      this.#key = all;
      this.#canvas = new OffscreenCanvas(width, height);
      const context = this.#canvas.getContext('2d')!;
      context.direction = 'ltr'; // It would be the page's, not the figure's.
      draw(context);
    }
    return this.#canvas;
  }
}
