import { css, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';
import { promptField, promptFieldStyles } from '../shared/prompt-field';
import { within } from '../shared/selection';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { tokenList, tokenListStyles } from '../shared/token-list';
import { TraceElement } from '../shared/trace-element';
import { type ListedToken, nextTable, promptTable } from './next-table';
import { type NextToken, NO_NUMBERS, readNextTokens } from './next-tokens';
import { promptText } from './prompt-text';
import type { Continuation } from './read-continue';

const SHOWN = 8;

interface Tokens {
  readonly labels: readonly string[];
  readonly ids: readonly number[];
  readonly pos: number;
  /** null where the trace holds no logits. */
  readonly next: readonly NextToken[] | null;
  readonly output: string;
}

/**
 * The prompt: its text to edit, its tokens to select, and what the model expects after the selected one. Inside a
 * `<fluoro-model>` every change of the text runs; with a recorded trace the text cannot be edited.
 *
 * @event {PromptEvent} fluoro-prompt - The text was edited; the detail is the new text.
 * @event {SelectEvent} fluoro-select - A token was chosen: `{ pos, query, key: null }`.
 * @event {HoverEvent} fluoro-hover - The pointer is over a token, `{ pos }`, or has left (`{}`).
 * @csspart prompt - The text area.
 * @csspart error - Why the text cannot be run.
 * @csspart continue - The button that has the model write on, and stops it.
 * @csspart tokens - The list of tokens.
 * @csspart token - One token.
 * @csspart next - The likeliest next tokens.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - The selected token, the bars and the focus ring.
 * @cssproperty [--fluoro-sunken=#f3f4f2] - Behind a token.
 * @cssproperty [--fluoro-mono] - The font of tokens.
 */
export class FluoroTokens extends TraceElement<Tokens> {
  static override properties: PropertyDeclarations = {
    temperature: { type: Number },
  };

  static override styles = [
    theme,
    promptFieldStyles,
    tokenListStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .row {
        display: flex;
        gap: 1rem;
        align-items: baseline;
        justify-content: space-between;
        margin: 0.5rem 0 0.75rem;
      }
      .row .below {
        margin: 0;
      }
      .columns {
        display: grid;
        gap: 1.25rem 2rem;
      }
      .columns > * {
        min-width: 0;
      }
      @container (min-width: 44rem) {
        .columns {
          grid-template-columns: 3fr 2fr;
        }
      }
      .title {
        margin: 0 0 0.5rem;
        font-size: 0.9375rem;
        font-weight: 600;
      }
      .title b {
        font: 600 0.875rem var(--_mono);
      }
      [role='listbox'] {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 3px;
      }
      [role='option'] {
        min-width: 1.75rem;
        padding: 0.15rem 0.35rem;
        border: 1px solid transparent;
        border-radius: 4px;
        background: var(--_sunken);
        font: 0.875rem / 1.5 var(--_mono);
        text-align: center;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      [role='option'].over {
        border-color: var(--_accent);
      }
      [role='option'].key {
        border: 1px dashed var(--_accent);
      }
      [role='option'][aria-selected='true'] {
        background: var(--_accent);
        color: light-dark(#fff, #07130f);
      }
      @media (forced-colors: active) {
        [role='option'].over {
          border-color: Highlight;
        }
        [role='option'][aria-selected='true'] {
          forced-color-adjust: none;
          background: Highlight;
          color: HighlightText;
        }
      }
      .stale {
        padding-left: 0.75rem;
        border-left: 3px solid var(--_line);
      }
      ol + p {
        margin-top: 0.5rem;
      }
    `,
  ];

  /** What logits are divided by when the model writes on; 0 takes the likeliest token each time. */
  temperature = 0;
  #continuing: Continuation | null = null;

  protected override readKey(): string {
    return String(this.#pos(this.source!));
  }

  #pos(trace: Trace): number {
    return within(this.selection.pos, trace.program.pos);
  }

  override needs({ program }: Trace): readonly string[] {
    return [program.output];
  }

  protected async read(trace: Trace): Promise<Tokens> {
    const pos = this.#pos(trace);
    const { output } = trace.program;
    const next = trace.names.includes(output) ? await readNextTokens(trace, pos, SHOWN) : null;
    return { labels: trace.labels[0]!, ids: trace.tokens[0]!, pos, next, output };
  }

  protected override content(): TemplateResult {
    return html`${this.#editor()}${super.content()}`;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.run) void this.#continuing?.follow(this.run);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#continuing?.stop();
  }

  async #continue(): Promise<void> {
    if (this.#continuing?.ended === null) return this.#continuing.stop();
    const text = promptText(this.run!);
    const { Continuation } = await import('./read-continue');
    this.#continuing = new Continuation(
      text,
      this.temperature,
      (text) => this.#edit(text),
      () => queueMicrotask(() => this.requestUpdate()),
    );
    this.requestUpdate();
  }

  #editor(): TemplateResult | typeof nothing {
    const { run } = this;
    if (this.trace || run?.prompt === undefined) return nothing;
    const { promptError, contextLength, trace, tokenizer } = run;
    const ended = this.#continuing?.ended;
    return html`
      ${promptField({
        name: 'prompt',
        label: 'Prompt',
        text: promptText(run),
        invalid: promptError !== null,
        describedBy: 'below',
        onText: (text) => this.#edit(text),
      })}
      <div class="row">
      <div class="below" id="below" role="status">
        ${
          promptError
            ? html`<span part="error" class="problem">${promptError.message}${this.#code(promptError)}</span>
                ${trace ? html`<span class="muted">What is shown is still of the earlier prompt.</span>` : nothing}`
            : html`<span class="muted">${trace && contextLength ? `${trace.program.pos} of ${contextLength} tokens${ended ? `. ${ended}` : ''}` : ''}</span>`
        }
      </div>
      ${
        tokenizer && trace
          ? html`<button
              part="continue"
              title="Adds up to 32 tokens, each drawn from the logits of the pass that is shown"
              @click=${() => this.#continue()}
            >${ended === null ? 'Stop' : 'Continue'}</button>`
          : nothing
      }
      </div>
    `;
  }

  #code(error: Error): TemplateResult | typeof nothing {
    return error instanceof FluoroscopeError ? html` <code class="muted code">${error.code}</code>` : nothing;
  }

  #edit(prompt: string): void {
    this.dispatchEvent(new CustomEvent('fluoro-prompt', { detail: prompt, bubbles: true, composed: true }));
  }

  protected draw({ labels, ids, pos, next, output }: Tokens): TemplateResult {
    const last = labels.length - 1;
    const selected = within(this.selection.pos, labels.length);
    const { hover } = this;
    const over = hover.pos ?? hover.query;
    const key = hover.key ?? this.selection.key;
    const stale = this.run?.promptError && !this.trace ? 'stale' : '';
    return html`
      <div class="columns ${stale}">
        <section role="group" aria-label="Tokens of the prompt">
          <div class="title" id="tokens-title">Tokens</div>
          <div
            part="figure tokens"
            role="listbox"
            aria-labelledby="tokens-title"
            aria-orientation="horizontal"
            @keydown=${(event: KeyboardEvent) => this.#onKey(event, selected, last)}
            @pointerleave=${() => this.point({})}
          >
            ${labels.map(
              (label, i) => html`<div
                part="token"
                role="option"
                tabindex=${i === selected ? 0 : -1}
                aria-selected=${i === selected ? 'true' : 'false'}
                aria-label=${`${visibleToken(label)}, pos ${i}`}
                class=${i === over ? 'over' : i === key ? 'key' : ''}
                title=${`pos ${i}, token id ${ids[i]}`}
                @click=${() => this.#choose(i)}
                @pointerenter=${() => this.point({ pos: i })}
              >${visibleToken(label)}</div>`,
            )}
          </div>
        </section>
        <section role="group" part="figure next" aria-label="What the model expects next">
          <div class="title">After <b>${visibleToken(labels[pos]!)}</b> <span class="muted">(pos ${pos})</span> it expects</div>
          ${next?.length === 0 ? html`<p>${NO_NUMBERS}</p>` : next ? tokenList(this.#listed(next)) : html`<p class="muted">This trace holds no logits (${output}).</p>`}
          ${
            next?.length
              ? html`<p class="muted"><span class="tag" title="Not held by the pass: computed from values that it held">derived</span>
                probability: softmax of the logits in <span class="name">${output}</span>, the last column</p>`
              : nothing
          }
        </section>
      </div>
    `;
  }

  protected override table({ labels, ids, pos, next, output }: Tokens): FigureTable {
    return next ? nextTable(labels[pos]!, pos, this.#listed(next), output) : promptTable(labels, ids);
  }

  #listed(next: readonly NextToken[]): ListedToken[] {
    return next.map((token) => ({ ...token, text: this.#text(token.id) }));
  }

  /** A recorded trace brings no tokenizer: it knows the text of its own tokens, and of others if that was recorded. */
  #text(id: number): string {
    const text = this.run?.tokenText;
    if (text && !this.trace) return text(id);
    const trace = this.source!;
    const pos = trace.tokens[0]!.indexOf(id);
    return pos >= 0 ? trace.labels[0]![pos]! : (recordedText(trace, id) ?? `[${id}]`);
  }

  #choose(pos: number): void {
    this.select({ pos, query: pos, key: null });
  }

  #onKey(event: KeyboardEvent, selected: number, last: number): void {
    const targets: Record<string, number> = {
      ArrowLeft: selected - 1,
      ArrowUp: selected - 1,
      ArrowRight: selected + 1,
      ArrowDown: selected + 1,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (target < 0 || target > last) return;
    this.#choose(target);
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus();
    });
  }
}

/** Of the recorded answer `texts?`, an object from token id to text; a file may hold anything there. */
function recordedText({ answers }: Trace, id: number): string | null {
  const texts = answers?.get('texts?');
  const own = typeof texts === 'object' && texts !== null && Object.hasOwn(texts, id);
  const text = own ? (texts as Record<number, unknown>)[id] : null;
  return typeof text === 'string' ? text : null;
}

export type PromptEvent = CustomEvent<string>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-tokens': FluoroTokens;
  }
  interface HTMLElementEventMap {
    'fluoro-prompt': PromptEvent;
  }
}
