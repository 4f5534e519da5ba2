import type { CSSResult, ReactiveElement } from 'lit';
import { addStyles } from './later-styles';

/** What is said of code that was to be fetched, and did not come. */
export function notCome(what: string, error: unknown): string {
  return `${what} did not come: ${(error as Error).message}. Check the connection.`;
}

/** A module that is fetched when something of it is to be drawn first; then its host takes its `styles` and draws again. */
export class Later<Module extends object> {
  #module: Module | null = null;
  #coming: Promise<void> | null = null;

  constructor(
    private readonly host: ReactiveElement,
    private readonly load: () => Promise<Module>,
  ) {}

  /** null until it has come. What did not come is asked for again when the host draws next. */
  get module(): Module | null {
    if (!this.#module) void this.fetch();
    return this.#module;
  }

  get isHere(): boolean {
    return this.#module !== null;
  }

  /** Its coming, where it has been asked for. */
  get coming(): Promise<void> | null {
    return this.#coming;
  }

  /** Resolves when it has come, or cannot be had for now. */
  fetch(): Promise<void> {
    this.#coming ??= this.load().then(
      (module) => {
        this.#module = module;
        const { styles } = module as { readonly styles?: CSSResult };
        if (styles) addStyles(this.host, styles);
        this.host.requestUpdate();
      },
      () => {
        this.#coming = null;
      },
    );
    return this.#coming;
  }
}
