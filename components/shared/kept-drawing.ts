/** A drawing that is made again only when what it shows has changed. */
export class KeptDrawing {
  readonly #canvas = new OffscreenCanvas(1, 1);
  #key: readonly unknown[] = [];

  /** @param size in device pixels @param key what `draw` depends on, each time as much */
  drawn(
    size: { readonly width: number; readonly height: number },
    key: readonly unknown[],
    draw: (context: OffscreenCanvasRenderingContext2D) => void,
  ): OffscreenCanvas {
    const all = [...Object.values(size), ...key];
    if (all.some((part, i) => part !== this.#key[i])) {
      this.#key = all;
      Object.assign(this.#canvas, size); // Which empties it. Another one each time is much garbage.
      const context = this.#canvas.getContext('2d')!;
      context.direction = 'ltr'; // It would be the page's, not the figure's.
      draw(context);
    }
    return this.#canvas;
  }
}
