/** The menu of what a reader can do with a figure: open its table, or save it. It is fetched when it is opened first. */
import { ContextEvent } from '@lit/context';
import { html, type LitElement, nothing, type TemplateResult } from 'lit';
import type { Tokenizer, Trace } from '../../src/index';
import type { ActedOn } from './figure-actions';
import { figureMenuStyles } from './figure-menu-styles';
import { Later } from './later';
import { addStyles } from './later-styles';
import { menuKey } from './menu-keys';
import { runContext } from './run-context';
import type { SaveEvent, SaveFormat } from './save/figure-file';

const FORMATS: Readonly<Record<SaveFormat, string>> = {
  png: 'PNG, a picture',
  svg: 'SVG, a drawing',
  csv: 'CSV, the numbers',
  json: 'JSON, the numbers',
  trace: 'Trace (.safetensors)',
};

export class FigureMenu {
  #isOpen = false;
  #showsTable = false;
  #from = 0;
  #problem = '';
  readonly #view: Later<typeof import('./table-view')>;

  constructor(
    private readonly host: LitElement,
    private readonly figure: ActedOn,
  ) {
    addStyles(host, figureMenuStyles);
    host.addController({ hostDisconnected: () => this.hide() });
    this.#view = new Later(host, () => import('./table-view'));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  view(): TemplateResult {
    return html`<div
      id="actions-menu"
      part="actions-menu"
      role="menu"
      popover="manual"
      aria-labelledby="actions-button"
      @keydown=${this.#onKey}
      @focusout=${this.#onFocusOut}
    >${this.#isOpen ? this.#items() : nothing}</div>`;
  }

  /** What an action came to, and the table where it is open. */
  below(): TemplateResult {
    const table = this.#showsTable ? this.figure.table() : null;
    return html`
      ${this.#problem ? html`<p class="problem" role="alert">${this.#problem}</p>` : nothing}
      ${table ? this.#view.module?.tableView({ table, from: this.#from, onFrom: (row) => this.#turnTo(row) }) : nothing}
    `;
  }

  #items(): TemplateResult {
    const hasTable = this.figure.table() !== null;
    const hasFigure = this.figure.figures().length > 0;
    const possible = {
      png: hasFigure,
      svg: hasFigure,
      csv: hasTable,
      json: hasTable,
      trace: this.figure.trace() !== null,
    };
    const formats = (Object.keys(FORMATS) as SaveFormat[]).filter((format) => possible[format]);
    return html`
      ${
        hasTable && !this.figure.isTable()
          ? html`<div role="menuitemcheckbox" tabindex="-1" data-action="table" aria-checked=${this.#showsTable ? 'true' : 'false'}
              @click=${() => void this.#toggleTable()}>As a table</div>`
          : nothing
      }
      <div role="group" aria-label="Save as">
        <div class="muted" aria-hidden="true">Save as</div>
        ${formats.map(
          (
            format,
          ) => html`<div role="menuitem" tabindex="-1" data-action=${format} @click=${() => void this.#save(format)}
            >${FORMATS[format]}</div>`,
        )}
      </div>
    `;
  }

  get #button(): HTMLElement | null {
    return this.host.renderRoot.querySelector('#actions-button');
  }

  get #menu(): HTMLElement | null {
    return this.host.renderRoot.querySelector('#actions-menu');
  }

  get #choices(): HTMLElement[] {
    return [...(this.#menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  }

  /** @param at the item that gets the focus; negative from the end */
  async open(at: number): Promise<void> {
    this.#isOpen = true;
    this.#problem = '';
    this.host.requestUpdate();
    await this.host.updateComplete;
    const [button, menu] = [this.#button, this.#menu];
    if (!button || !menu?.isConnected || !this.#isOpen) return; // It was closed, or taken off the page, meanwhile.
    menu.showPopover();
    this.#place();
    for (const type of ['scroll', 'resize']) addEventListener(type, this.#place, { capture: true, passive: true });
    this.#choices.at(at)?.focus({ preventScroll: true });
  }

  /** Closes the menu where it is open, and leaves the focus where it is. */
  hide(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const type of ['scroll', 'resize']) removeEventListener(type, this.#place, { capture: true });
    if (this.#menu?.matches(':popover-open')) this.#menu.hidePopover();
    this.host.requestUpdate();
  }

  /** Below the button, its right edge on the button's, and within the window. */
  readonly #place = (): void => {
    const [menu, button] = [this.#menu, this.#button?.getBoundingClientRect()];
    if (!menu || !button) return;
    const { width, height } = menu.getBoundingClientRect();
    const below = button.bottom + 4;
    menu.style.top = `${below + height <= innerHeight ? below : Math.max(4, button.top - height - 4)}px`;
    menu.style.left = `${Math.max(4, Math.min(button.right - width, innerWidth - width - 4))}px`;
  };

  close(): void {
    this.#button?.focus({ preventScroll: true }); // First: the item that has the focus goes away.
    this.hide();
  }

  readonly #onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    if (!this.#menu?.contains(relatedTarget as Node | null)) this.hide();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const choices = this.#choices;
    const target = menuKey(event, choices, choices.indexOf(event.target as HTMLElement));
    if (target === null) return;
    event.stopPropagation(); // Escape closes the menu, and not what it stands in.
    if (target !== 'leave') event.preventDefault();
    if (target === 'close' || target === 'leave') this.close();
    else if (target === 'choose') (event.target as HTMLElement).click();
    else target.focus({ preventScroll: true });
  };

  async #toggleTable(): Promise<void> {
    this.#showsTable = !this.#showsTable;
    this.#from = 0;
    this.close();
    await this.#view.fetch();
    await this.host.updateComplete;
    if (this.#showsTable) this.host.renderRoot.querySelector<HTMLElement>('[part="data-table"]')?.focus();
  }

  #turnTo(row: number): void {
    this.#from = row;
    this.host.requestUpdate();
    this.host.renderRoot.querySelector('[part="data-table"]')?.scrollTo({ top: 0 });
  }

  async #save(format: SaveFormat): Promise<void> {
    this.close();
    try {
      const { figureFile, save } = await import('./save/figure-file');
      const trace = this.figure.trace();
      const file = await figureFile(format, {
        component: this.host.localName.replace(/^fluoro-/, ''),
        table: this.figure.table(),
        figures: this.figure.figures(),
        trace,
        tokenizer: this.#tokenizerOf(trace),
        look: getComputedStyle(this.#menu!),
      });
      const event: SaveEvent = new CustomEvent('fluoro-save', {
        detail: file,
        bubbles: true,
        composed: true,
        cancelable: true,
      });
      if (this.host.dispatchEvent(event)) save(file);
      this.figure.announce(`Saved as ${file.name}`);
    } catch (error) {
      this.#problem = `It was not saved: ${(error as Error).message}`;
      this.host.requestUpdate();
    }
  }
  /** That of the model that has run the trace; null in a recording. */
  #tokenizerOf(trace: Trace | null): Tokenizer | null {
    let tokenizer: Tokenizer | null = null;
    this.host.dispatchEvent(
      new ContextEvent(runContext, this.host, (run) => {
        if (run.trace === trace) tokenizer = run.tokenizer;
      }),
    );
    return tokenizer;
  }
}
