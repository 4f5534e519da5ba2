import type { ReactiveControllerHost } from 'lit';

/** A module that is fetched when something of it is to be drawn first; then its host draws again. */
export class Later<Module> {
  #module: Module | null = null;
  #coming: Promise<void> | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly load: () => Promise<Module>,
  ) {}

  /** null until it has come. What did not come is asked for again when the host draws next. */
  get module(): Module | null {
    if (!this.#module) void this.fetch();
    return this.#module;
  }

  /** Resolves when it has come, or cannot be had for now. */
  fetch(): Promise<void> {
    this.#coming ??= this.load().then(
      (module) => {
        this.#module = module;
        this.host.requestUpdate();
      },
      () => {
        this.#coming = null;
      },
    );
    return this.#coming;
  }
}
