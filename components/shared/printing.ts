import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Draws its host again for paper, and again for the screen: what is on a canvas has its colours from one of them. */
export class Printing implements ReactiveController {
  #query: MediaQueryList | null = null;
  #isPrinting = false;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  get active(): boolean {
    return this.#isPrinting || (this.#query?.matches ?? false);
  }

  hostConnected(): void {
    this.#query ??= matchMedia('print');
    this.#query.addEventListener('change', this.#changed);
    addEventListener('beforeprint', this.#changed);
    addEventListener('afterprint', this.#changed);
  }

  hostDisconnected(): void {
    this.#query?.removeEventListener('change', this.#changed);
    removeEventListener('beforeprint', this.#changed);
    removeEventListener('afterprint', this.#changed);
    this.#isPrinting = false;
  }

  readonly #changed = ({ type }: Event) => {
    this.#isPrinting = type === 'beforeprint' || (type === 'change' && this.#isPrinting);
    this.host.requestUpdate();
  };
}
