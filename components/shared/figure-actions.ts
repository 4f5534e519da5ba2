/** What a reader can do with a figure: open its table, or save it. A menu behind one small button. */
import { html, type LitElement, nothing, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import type { FigureMenu } from './figure-menu';
import type { FigureTable } from './figure-table';
import { notCome } from './later';

/** The figure that the actions are of, as it is when one is chosen. */
export interface ActedOn {
  /** Resolves when there is a table, if there is to be one. */
  ready(): Promise<void>;
  table(): FigureTable | null;
  /** Whether what is drawn is that table already. */
  isTable(): boolean;
  /** What is drawn: grids on a canvas, SVGs, or elements of text. */
  figures(): readonly Element[];
  trace(): Trace | null;
  announce(sentence: string): void;
}

export class FigureActions {
  #menu: FigureMenu | null = null;
  /** Why it cannot be opened. */
  #problem = '';

  constructor(
    private readonly host: LitElement,
    private readonly figure: ActedOn,
  ) {}

  button(): TemplateResult {
    const menu = this.#menu;
    const { host } = this;
    const nth = [...document.querySelectorAll(host.localName)].indexOf(host) + 1;
    return html`<div class="figure-actions" part="actions">
      <button
        id="actions-button"
        part="actions-button"
        aria-label=${`Table and saving: ${host.ariaLabel || host.localName.slice(7)}${nth > 1 ? ` ${nth}` : ''}`}
        aria-labelledby="actions-button caption"
        title="Table and saving"
        aria-haspopup="menu"
        aria-expanded=${menu?.isOpen ?? false}
        @pointerdown=${(event: Event) => event.preventDefault() /* The focus leaves the menu when it is meant to. */}
        @click=${() => (menu?.isOpen ? menu.close() : void this.#open(0))}
        @keydown=${this.#onKey}
      ><svg viewBox="0 0 16 4" aria-hidden="true"><circle cx="2" cy="2" r="1.6" /><circle cx="8" cy="2" r="1.6" /><circle cx="14" cy="2" r="1.6" /></svg></button>
      ${menu?.view()}
    </div>`;
  }

  /** What an action came to, and the table where it is open. */
  below(): TemplateResult | typeof nothing {
    return this.#problem ? html`<p class="problem">${this.#problem}</p>` : (this.#menu?.below() ?? nothing);
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const at = { ArrowDown: 0, ArrowUp: -1 }[event.key];
    if (at === undefined) return;
    event.preventDefault();
    void this.#open(at);
  };

  /** @param at the item that gets the focus; negative from the end */
  async #open(at: number): Promise<void> {
    try {
      const [{ FigureMenu }] = await Promise.all([import('./figure-menu'), this.figure.ready()]);
      this.#menu ??= new FigureMenu(this.host, this.figure);
      this.#problem = '';
      await this.#menu.open(at);
    } catch (error) {
      this.figure.announce((this.#problem = notCome('The menu', error)));
      this.host.requestUpdate();
    }
  }
}
