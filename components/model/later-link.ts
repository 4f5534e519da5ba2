/** The page's address as it concerns one element: what follows it is fetched when the element asks to be followed. */
import type { ReactiveElement } from 'lit';
import { notCome } from '../shared/later';
import { addStyles } from '../shared/later-styles';
import type { Selection } from '../shared/selection';
import type { LinkHost, Permalink } from './permalink';

export class LaterLink {
  /** null until it has come, and where there is none. */
  now: Permalink | null = null;
  #key: string | null = null;

  /** @param onCome the link, if there is one, has been applied: what waited for it may begin */
  constructor(
    private readonly host: LinkHost & ReactiveElement,
    private readonly point: (selection: Selection) => void,
    private readonly onCome: () => void,
  ) {}

  /** Whether it is not known yet what the address says: nothing is loaded before. */
  get pending(): boolean {
    return this.#key !== null && this.now === null;
  }

  connect(key: string | null): void {
    this.#key = key;
    if (this.now) this.now.connect(key);
    else if (key !== null) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    try {
      const { linkStyles, Permalink } = await import('./permalink');
      addStyles(this.host, linkStyles);
      this.now ??= new Permalink(this.host, this.point);
      this.now.connect(this.#key);
    } catch (error) {
      this.#key = null; // The page's own is shown then.
      console.error(notCome('The code of links', error));
    }
    this.onCome();
  }
}
