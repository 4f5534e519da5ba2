import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { SweepProgress, Tokenizer, Trace } from '../../src/index';
import type { Cell } from '../shared/canvas-grid';
import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { readNextTokens } from '../tokens/next-tokens';
import type { Choices } from './form';
import { type PatchedPrompts, patchedCheck, patchingKey } from './patched';
import type { Row } from './result';
import type { CorruptedPrompt } from './two-prompts';

interface Held {
  /** The token that the prompt's run finds likeliest at its end. */
  readonly likeliest: number;
  /** Of the trace; null until the patches have run. */
  readonly patched: PatchedPrompts | null;
}

const NO_PROMPT: CorruptedPrompt = { ids: [], labels: [], error: null };

/**
 * Activation patching between two prompts: runs the corrupted prompt once per place with the value that the clean one,
 * the prompt of the `<fluoro-model>` around it, has there, and shows what part of the difference each patch restores.
 * Nothing runs until the button is pressed; a recording shows the patches that it holds.
 *
 * @event {CorruptedEvent} fluoro-corrupted - The corrupted prompt was edited; the detail is the new text.
 * @event {SelectEvent} fluoro-select - A patch was chosen: `{ layer, pos, query, key: null }`, with `head` where the
 *   site has heads.
 * @event {HoverEvent} fluoro-hover - The pointer is over a position, `{ pos }`, or has left (`{}`).
 * @csspart form - All that can be set.
 * @csspart corrupted - The corrupted prompt's text area.
 * @csspart comparison - How it differs from the clean prompt.
 * @csspart pairs - The tokens of both, where they differ in length.
 * @csspart site - The choice of what is patched.
 * @csspart metric - The choice of what is measured.
 * @csspart answer - The field of the answer token.
 * @csspart wrong - The field of the wrong token.
 * @csspart run - The button that runs the patches.
 * @csspart progress - The progress bar.
 * @csspart cancel - The button that ends the sweep.
 * @csspart error - Why the patches cannot be run.
 * @csspart values - The metric of both prompts.
 * @csspart same - Said where both prompts have the same metric.
 * @csspart legend - The range of the colours.
 * @csspart notes - That the result is of earlier prompts, or not of all patches.
 * @csspart map - The heatmap, with a canvas inside.
 * @csspart readout - The selected patch in words.
 * @csspart message - What is shown while there is no model to run.
 * @cssproperty [--fluoro-accent=#00705a] - The button, and outlines of what is selected or pointed at.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the map use its dark colours.
 */
export class FluoroPatching extends TraceElement<Held> {
  static override properties: PropertyDeclarations = {
    corrupted: {},
    at: {},
    metric: {},
    answer: {},
    wrong: {},
    progress: { state: true },
    result: { state: true },
    problem: { state: true },
  };

  /** The prompt that is run with one value at a time of the clean one: as many tokens long. */
  corrupted: string | null = null;
  /** What is patched: resid_pre, resid_mid, resid_post, attn_out, mlp_out, z, q, k, v or pattern. */
  at: Choices['at'] = 'resid_pre';
  /** What is measured: logit-difference, probability, loss or kl. */
  metric: Choices['metric'] = 'logit-difference';
  /** The token that the clean prompt should end in; what its run finds likeliest unless given. */
  answer: string | null = null;
  /** The token that the corrupted prompt ends in; what its run finds likeliest unless given. */
  wrong: string | null = null;
  private progress: SweepProgress | null = null;
  private result: PatchedPrompts | null = null;
  /** Why the last sweep has no result. */
  private problem = '';
  #sweep: AbortController | null = null;
  /** What ended the sweep that the result is of. */
  #ending = '';
  readonly #view = this.later(() => import('./patching-view'));
  #tokenized: { readonly text: string; readonly tokenizer: Tokenizer; readonly prompt: CorruptedPrompt } | null = null;
  #cell: Cell | null = null;

  static override styles = theme;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sweep?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { source } = this;
    if (this.result && source && source.info.weightsHash !== this.result.weightsHash) this.result = null;
  }

  /** The corrupted prompt's tokens. */
  get #prompt(): CorruptedPrompt {
    const [text, tokenizer, view] = [this.corrupted, this.run?.tokenizer, this.#view.module];
    if (!text || !tokenizer || !view) return NO_PROMPT;
    const kept = this.#tokenized;
    if (kept?.text === text && kept.tokenizer === tokenizer) return kept.prompt;
    const prompt = view.tokenize(text, tokenizer);
    this.#tokenized = { text, tokenizer, prompt };
    return prompt;
  }

  protected override readKey(): string {
    return this.#heldKey(this.source!) ?? '';
  }

  protected async read(trace: Trace, signal: AbortSignal): Promise<Held> {
    const key = this.#heldKey(trace);
    if (this.#runnable || key !== null) await this.#view.fetch();
    const [next] = this.#runnable ? await readNextTokens(trace, -1, 1) : [];
    const held = key === null ? null : this.ask<PatchedPrompts>(absent, signal, key, patchedCheck(trace.program.pos));
    return { likeliest: next?.id ?? 0, patched: await held };
  }

  get #key(): string {
    const { corrupted, at, metric, answer, wrong } = this;
    return patchingKey({ corrupted, at, metric, answer, wrong });
  }

  /** The key of the answer that the trace holds: the one that is asked for, or, where nothing is, a recording's first. */
  #heldKey({ answers, kind }: Trace): string | null {
    if (answers?.has(this.#key)) return this.#key;
    if (kind !== 'recorded' || this.corrupted !== null) return null;
    return [...(answers?.keys() ?? [])].find((one) => one.startsWith('patching?')) ?? null;
  }

  /** The trace's own patches, or else those that have run last. */
  get #shown(): PatchedPrompts | null {
    return this.data?.patched ?? this.result;
  }

  get #runnable(): boolean {
    return !this.trace && !!this.run?.ask;
  }

  get #choices(): Choices {
    const { siteOf, metricOf } = this.#view.module!;
    return {
      corrupted: this.corrupted ?? '',
      at: siteOf(this.source!, this.at),
      metric: metricOf(this.metric),
      answer: this.answer ?? '',
      wrong: this.wrong ?? '',
    };
  }

  protected override content(): TemplateResult {
    if (!this.isConnected) return html``;
    if (this.source && !this.#runnable && this.data && !this.#shown) {
      return this.notice(this.takesModel('Patching runs the model once per patch'));
    }
    return super.content();
  }

  protected draw({ likeliest }: Held): TemplateResult {
    const view = this.#view.module;
    if (!view) return html``;
    const { progress, source } = this;
    const result = this.#shown;
    const text = (id: number) => visibleToken(this.run?.tokenText?.(id) ?? `[${id}]`);
    const known = result?.request.corrupted.join() === this.#prompt.ids.join() && result.request.wrong === '';
    return html`
      ${
        this.#runnable
          ? view.formView({
              ...this.#choices,
              clean: source!.labels[0]!,
              prompt: this.#prompt,
              sites: view.sitesOf(source!),
              likeliest: {
                answer: text(likeliest),
                wrong: known && result.wrong !== null ? visibleToken(result.wrong) : 'likeliest',
              },
              busy: progress !== null,
              onChange: (change) => this.#change(change),
              onSubmit: () => void this.find(),
            })
          : nothing
      }
      <div class="status">
        <div role="status">${
          progress
            ? `${progress.done} of ${progress.total || '…'} patches`
            : this.problem
              ? html`<span part="error" class="problem">${this.problem}</span>`
              : result?.complete
                ? html`<span class="muted">${result.total} patches, each one run.</span>`
                : nothing
        }</div>
        ${
          progress
            ? html`<progress part="progress" aria-label="Patches" max=${progress.total || nothing}
                  value=${progress.total ? progress.done : nothing}></progress>
                <button part="cancel" @click=${() => this.#cancel()}>Cancel</button>`
            : nothing
        }
      </div>
      ${
        result
          ? view.resultView({
              result,
              outdated: this.#runnable ? this.#outdated(result) : '',
              unfinished: result.complete
                ? ''
                : `${this.#ending || 'Stopped'}: ${result.done} of ${result.total} patches. Empty cells were not run.`,
              selection: this.selection,
              hover: this.hover,
              pointed: this.#cell,
              onSelect: (row, pos) => this.#choose(row, pos),
              onPoint: (cell) => this.#pointAt(cell),
            })
          : nothing
      }
    `;
  }

  protected override table(): FigureTable | null {
    const [result, view] = [this.#shown, this.#view.module];
    return view && result && result.clean !== result.corrupted ? view.patchTable(result, view.rowsOf(result)) : null;
  }

  /** There is nothing to save before the patches have run. */
  protected override get offersActions(): boolean {
    return this.drawn && this.#shown !== null;
  }

  /** What of the result is not what the form says now. */
  #outdated({ request, tokens }: PatchedPrompts): string {
    const { at, metric, answer, wrong } = this.#choices;
    const prompts = [tokens, request.corrupted].map(String);
    if (prompts.join('\n') !== [this.source!.tokens[0]!, this.#prompt.ids].map(String).join('\n')) {
      return 'This is of the earlier prompts, until you run the patches again.';
    }
    const same = request.at === at && request.metric === metric && request.answer === answer && request.wrong === wrong;
    return same ? '' : 'This is of the earlier choices, until you run the patches again.';
  }

  #change(change: Partial<Choices>): void {
    Object.assign(this, change);
    this.problem = '';
    if (change.corrupted === undefined) return;
    const detail = change.corrupted;
    this.dispatchEvent(new CustomEvent('fluoro-corrupted', { detail, bubbles: true, composed: true }));
  }

  /** Runs the patches, as the button does. Resolves when they have run, or when there is a sentence on why not. */
  async find(): Promise<void> {
    if (!this.#view.module) await this.#view.fetch().then(() => this.updateComplete);
    if (this.#sweep) return;
    const refusal = this.#refusal();
    this.problem = refusal;
    if (refusal) return;
    const { signal } = (this.#sweep = new AbortController());
    this.progress = { done: 0, total: 0 };
    const request = { ...this.#choices, corrupted: this.#prompt.ids };
    const onProgress = (progress: SweepProgress) => {
      if (!signal.aborted) this.progress = progress;
    };
    try {
      const found = await this.ask(
        async (model, trace, stop) => {
          const { patchPrompts } = await import('./patch-prompts');
          return patchPrompts(model, trace, request, { ...stop, onProgress });
        },
        signal,
        this.#key,
      );
      if (this.isConnected && this.source?.info.weightsHash === found.weightsHash) {
        this.result = found;
        this.#ending = endingOf(signal);
      }
    } catch (error) {
      const { name, message } = error as Error;
      if (name !== 'AbortError') this.problem = message;
      else if (this.isConnected) this.problem = `${endingOf(signal)} before the first patch.`;
    }
    const focused = this.shadowRoot!.activeElement?.part.contains('cancel');
    this.#sweep = this.progress = null;
    await this.updateComplete;
    if (focused) this.renderRoot.querySelector<HTMLElement>('[part="run"]')?.focus();
  }

  /** Why there is nothing to run. */
  #refusal(): string {
    const { ids, error } = this.#prompt;
    const clean = this.source!.tokens[0]!;
    if (error || (ids.length > 0 && ids.length !== clean.length)) {
      return 'The corrupted prompt cannot be patched as it is: see below it.';
    }
    if (ids.length === 0) return 'Write a corrupted prompt first.';
    return String(ids) === String(clean) ? 'Both prompts are the same: change a token of the corrupted one.' : '';
  }

  #cancel(): void {
    this.#sweep?.abort();
  }

  #choose({ layer, head }: Row, pos: number): void {
    this.select({ layer, ...(head === null ? {} : { head }), pos, query: pos, key: null });
  }

  #pointAt(cell: Cell | null): void {
    this.#cell = cell;
    this.requestUpdate();
    this.point(cell ? { pos: cell.col } : {});
  }
}

/** Asked only for what the trace holds. */
const absent = () => Promise.reject(new Error('The trace does not hold its patches.'));

export type CorruptedEvent = CustomEvent<string>;

/** What ended a sweep early, by the reader's own signal. */
function endingOf(signal: AbortSignal): string {
  return signal.aborted ? 'Cancelled' : 'Stopped by the next prompt';
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-patching': FluoroPatching;
  }
  interface HTMLElementEventMap {
    'fluoro-corrupted': CorruptedEvent;
  }
}
