import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Draws its host again when the device's pixels have changed in size: after zooming, or on another screen. */
export class PixelRatio implements ReactiveController {
  #query: MediaQueryList | null = null;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    this.#query.addEventListener('change', this.#changed);
  }

  hostDisconnected(): void {
    this.#query?.removeEventListener('change', this.#changed);
  }

  /** A query holds for one ratio only. */
  readonly #changed = () => {
    this.hostDisconnected();
    this.hostConnected();
    this.host.requestUpdate();
  };
}
