/** The page's address as it concerns one element: what follows it is fetched when the element asks to be followed. */
import { nothing, type ReactiveElement, type TemplateResult } from 'lit';
import { addStyles } from '../shared/later-styles';
import type { Selection } from '../shared/selection';
import type { LinkHost, Permalink } from './permalink';

export class LaterLink {
  #link: Permalink | null = null;
  #key: string | null = null;

  /** @param onCome the link, if there is one, has been applied: what waited for it may begin */
  constructor(
    private readonly host: LinkHost & ReactiveElement,
    private readonly point: (selection: Selection) => void,
    private readonly onCome: () => void,
  ) {}

  /** Whether it is not known yet what the address says: nothing is loaded before. */
  get pending(): boolean {
    return this.#key !== null && this.#link === null;
  }

  get selection(): Selection | null {
    return this.#link?.selection ?? null;
  }

  set selection(selection: Selection | null) {
    if (this.#link) this.#link.selection = selection;
  }

  /** What has to be said of the link. */
  get view(): TemplateResult | typeof nothing {
    return this.#link?.view ?? nothing;
  }

  connect(key: string | null): void {
    this.#key = key;
    if (this.#link) this.#link.connect(key);
    else if (key !== null) void this.#fetch();
  }

  begin(): void {
    this.#link?.begin();
  }

  settle(change: () => void): void {
    if (this.#link) this.#link.settle(change);
    else change();
  }

  keep(): void {
    this.#link?.keep();
  }

  leave(): void {
    this.#link?.leave();
  }

  async #fetch(): Promise<void> {
    try {
      const { linkStyles, Permalink } = await import('./permalink');
      addStyles(this.host, linkStyles);
      this.#link ??= new Permalink(this.host, this.point);
      this.#link.connect(this.#key);
    } catch (error) {
      this.#key = null; // The page's own is shown then.
      console.error(`The code of links did not come: ${(error as Error).message}`);
    }
    this.onCome();
  }
}
