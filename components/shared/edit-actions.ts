import { ContextConsumer } from '@lit/context';
import { css, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { EditSpec } from '../../src/index';
import { type EditedPart, editSpec, editsOf, editsWithin } from './edit-spec';
import { type EditChange, type RunView, runContext } from './run-context';
import { visibleToken } from './text';
import { theme } from './theme';

export type EditOp = 'zero' | 'freeze' | 'scale' | 'set';

/** Where one looks, and what can be done there. */
export interface EditPlace extends EditedPart {
  /** In words: `head 1.0`. */
  readonly what: string;
  readonly ops: readonly EditOp[];
  /** The position at which it can be done alone. */
  readonly pos: number;
  /** The token there. */
  readonly token: string;
}

const WORDS: Readonly<Record<EditOp, string>> = {
  zero: 'Silence',
  freeze: 'Freeze',
  scale: 'Scale by',
  set: 'Set to',
};

const ABOUT: Readonly<Record<EditOp, string>> = {
  zero: 'Sets it to 0 before anything reads it',
  freeze: 'Keeps the value that it has without any edits, whatever other edits change',
  scale: 'Multiplies it before anything reads it',
  set: 'Puts this number in its place before anything reads it',
};

/**
 * The edits that can be made of one place, as buttons: the `<fluoro-model>` around runs the prompt with them, and all
 * that shows it follows. A part of the components in which one looks at such a place.
 *
 * @event {EditEvent} fluoro-edit - An edit was made or taken back: `{ add, remove }`.
 * @csspart edits - All of it.
 * @csspart edit - A button; pressed where the place is edited so.
 * @csspart where - The choice of the token or all tokens.
 * @csspart amount - The number to scale by, or to set to.
 * @csspart other - An edit of the place at other tokens, which the button takes back.
 * @csspart reason - Why nothing can be edited.
 */
export class FluoroEditActions extends LitElement {
  static override properties: PropertyDeclarations = {
    place: { attribute: false },
    own: { type: Boolean },
    run: { state: true },
    here: { state: true },
    amounts: { state: true },
  };

  place: EditPlace | null = null;
  /** Whether the trace shown is no `<fluoro-model>`'s: then nothing runs it. */
  own = false;
  private run: RunView | null = null;
  /** At the position only. */
  private here = false;
  private amounts: Readonly<Record<'scale' | 'set', number>> = { scale: 2, set: 0 };

  constructor() {
    super();
    new ContextConsumer(this, { context: runContext, subscribe: true, callback: (run) => (this.run = run) });
  }

  static override styles = [
    theme,
    css`
      [part='edits'] {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem 0.5rem;
        align-items: center;
        font-size: 0.8125rem;
      }
      [part='edits'] > :first-child {
        color: var(--_muted);
      }
      button,
      select,
      input {
        padding: 0.15em 0.6em;
      }
      button[aria-pressed='true'] {
        border-color: var(--_accent);
        background: color-mix(in srgb, var(--_accent) 16%, var(--_surface));
        font-weight: 600;
      }
      button:disabled,
      select:disabled,
      input:disabled {
        color: var(--_muted);
        border-style: dashed;
        cursor: default;
      }
      select {
        max-width: 14rem;
      }
      input {
        width: 4.75rem;
        font: 0.8125rem / 1.5 var(--_mono);
      }
      .amount {
        display: inline-flex;
        gap: 0.25rem;
      }
      [part='reason'] {
        flex: 1 1 12rem;
        color: var(--_muted);
      }
      @media (forced-colors: active) {
        button[aria-pressed='true'] {
          outline: 2px solid Highlight;
        }
      }
      @media print {
        :host {
          display: none;
        }
      }
    `,
  ];

  /** The part that the buttons are about now. */
  get #part(): EditedPart {
    const { tensor, slice, pos } = this.place!;
    return { tensor, slice: this.here ? { ...slice, pos } : slice };
  }

  protected override render(): TemplateResult | typeof nothing {
    const { place, run } = this;
    if (!place) return nothing;
    const reason = this.#refusal();
    const edits = run?.edits ?? [];
    const own = editsOf(edits, this.#part);
    const here = editsOf(edits, { tensor: place.tensor, slice: { ...place.slice, pos: place.pos } });
    const others = this.here
      ? [...editsOf(edits, place), ...editsWithin(edits, place).filter((one) => !isOne(one, here))]
      : editsWithin(edits, place);
    return html`<div part="edits" role="group" aria-label=${`Edit ${place.what}`}>
      <span>Edit ${place.what}</span>
      <select part="where" aria-label="Where" ?disabled=${reason !== ''}
        @change=${({ target }: Event) => (this.here = (target as HTMLSelectElement).value === 'here')}>
        <option value="all" .selected=${!this.here}>at every token</option>
        <option value="here" .selected=${this.here}>only at ${visibleToken(place.token)} (pos ${place.pos})</option>
      </select>
      ${place.ops.map((op) => this.#button(op, own, reason))}
      ${others.map(
        (other) => html`<button part="other" title=${other.text} ?disabled=${reason !== ''}
          @click=${() => this.#send({ remove: [other.text] })}>Undo ${wordsOf(other)}</button>`,
      )}
      ${reason ? html`<span part="reason">${reason}</span>` : nothing}
    </div>`;
  }

  #button(op: EditOp, own: readonly EditSpec[], reason: string): TemplateResult {
    const done = own.find(({ what }) => what.op === op);
    const spec = done?.text ?? editSpec(this.#part, this.#written(op));
    const button = html`<button part="edit" aria-pressed=${done ? 'true' : 'false'} ?disabled=${reason !== ''}
      title=${`${ABOUT[op]}: ${spec}`} @click=${() => this.#toggle(op, own, done)}>${WORDS[op]}</button>`;
    if (op !== 'scale' && op !== 'set') return button;
    const amount = amountOf(done) ?? this.amounts[op];
    return html`<span class="amount">${button}<input part="amount" type="number" step="any" ?disabled=${reason !== ''}
      aria-label=${`${WORDS[op]}, the number`} .value=${String(amount)}
      @change=${({ target }: Event) => this.#setAmount(op, target as HTMLInputElement, done)} /></span>`;
  }

  #written(op: EditOp): string {
    return op === 'scale' || op === 'set' ? `${op}=${this.amounts[op]}` : op;
  }

  /** A place is edited in one way at a time: what was done to it before is taken back. */
  #toggle(op: EditOp, own: readonly EditSpec[], done: EditSpec | undefined): void {
    const remove = own.map(({ text }) => text);
    this.#send(done ? { remove } : { add: [editSpec(this.#part, this.#written(op))], remove });
  }

  #setAmount(op: 'scale' | 'set', input: HTMLInputElement, done: EditSpec | undefined): void {
    const amount = input.valueAsNumber;
    if (!Number.isFinite(Math.fround(amount))) {
      this.requestUpdate(); // The field goes back to what it said.
      input.value = String(amountOf(done) ?? this.amounts[op]);
      return;
    }
    this.amounts = { ...this.amounts, [op]: amount };
    if (done) this.#send({ add: [editSpec(this.#part, this.#written(op))], remove: [done.text] });
  }

  #send(change: EditChange): void {
    const detail = { ...(change.add && { add: change.add }), ...(change.remove?.length && { remove: change.remove }) };
    this.dispatchEvent(new CustomEvent('fluoro-edit', { detail, bubbles: true, composed: true }));
  }

  /** Why nothing can be run. */
  #refusal(): string {
    const { run, own } = this;
    if (own || !run) return 'Edits are run by the <fluoro-model> around: here there is none that ran this.';
    if (run.prompt === undefined) return 'This is a recording without its model: there is nothing to run an edit on.';
    return run.state === 'error' ? 'There is no model to run an edit on.' : '';
  }
}

function isOne({ text }: EditSpec, specs: readonly EditSpec[]): boolean {
  return specs.some((spec) => spec.text === text);
}

function amountOf(spec: EditSpec | undefined): number | null {
  if (spec?.what.op === 'scale') return spec.what.by;
  return spec?.what.op === 'set' && typeof spec.what.value === 'number' ? spec.what.value : null;
}

/** `zero at pos 5` */
function wordsOf({ text, column, slice }: EditSpec): string {
  const index = slice.find(({ axis }) => axis === 'pos')?.index;
  const where = index === undefined ? 'every token' : `pos ${typeof index === 'number' ? index : index.join(':')}`;
  return `${text.slice(column).trim()} at ${where}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-edit-actions': FluoroEditActions;
  }
}
