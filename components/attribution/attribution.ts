import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { answerKey } from '../shared/answers';
import { controlsStyles } from '../shared/controls-styles';
import type { FigureTable } from '../shared/figure-table';
import type { Question } from '../shared/run-context';
import { within } from '../shared/selection';
import { formatValue, visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { zeroBarStyles } from '../shared/zero-bar-styles';
import { NO_NUMBERS } from '../tokens/next-tokens';
import { attributionCheck } from './attribution-check';
import { type AttributionData, type Bar, byLargest, type Chosen } from './attribution-data';
import { attributionStyles } from './attribution-styles';
import { attributionTable } from './attribution-table';
import { barPlace } from './bar-place';
import { barList, barStyles } from './bars';

const TOP = 12;

type Order = 'computation' | 'size';

/**
 * Which components wrote a logit: direct logit attribution at the selected position, a bar for the embedding, the
 * position, each head, each MLP and each bias, and whether they add up to the logit that the pass wrote. It takes the
 * model, for its weights.
 *
 * @event {SelectEvent} fluoro-select - A bar was chosen: a head's `{ layer, head }`, a neuron's `{ neuronLayer, neuron }`,
 *   an MLP's `{ neuronLayer }`.
 * @csspart controls - The choice of tokens, of the order and of the neurons.
 * @csspart token - The input for the token.
 * @csspart minus - The input for the token to compare with.
 * @csspart error - Why what was typed is no token.
 * @csspart legend - What the colours of the bars mean.
 * @csspart bars - The list of bars.
 * @csspart bar - One bar.
 * @csspart sum - The sum of the parts beside the logit.
 * @csspart edit-actions - Silences what the selected bar stands for, a `<fluoro-edit-actions>` with parts of its own.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - The selected bar and the focus ring.
 * @cssproperty [--fluoro-danger=#a32a1c] - A sum that misses the logit, and what is no token.
 */
export class FluoroAttribution extends TraceElement<AttributionData> {
  static override properties: PropertyDeclarations = {
    token: {},
    minus: {},
    neurons: { type: Number },
    top: { type: Number },
    sort: {},
  };

  /** The token whose logit is explained, an id or its text; the model's first choice at the position unless given. */
  token: string | null = null;
  /** Explains the difference to this token's logit. */
  minus: string | null = null;
  /** The layer whose MLP is taken neuron by neuron. */
  neurons: number | null = null;
  /** How many of its neurons are shown: a whole number, 1 or more. */
  top: number | null = TOP;
  /** `size`: the largest bar first; `computation`, and anything else: in the order of computation. */
  sort: Order | null = null;
  /** A bar that the selection cannot name, until another head is selected. */
  #chosen: { readonly name: string; readonly beside: string } | null = null;

  static override styles = [theme, controlsStyles, zeroBarStyles, barStyles, attributionStyles];

  #asked(trace: Trace) {
    const top = Math.floor(this.top ?? TOP);
    return {
      pos: within(this.selection.pos, trace.program.pos),
      token: this.token ?? '',
      minus: this.minus ?? '',
      neurons: this.neurons,
      top: Number.isNaN(top) ? TOP : Math.max(1, top),
    };
  }

  protected override readKey(): string {
    return JSON.stringify(this.#asked(this.source!));
  }

  protected read(from: Trace, signal: AbortSignal): Promise<AttributionData> {
    const asked = this.#asked(from);
    const key = answerKey('attribution', { ...asked, token: asked.token || null, minus: asked.minus || null });
    const question: Question<AttributionData> = async (model, trace) => {
      const { readAttribution } = await import('./read-attribution');
      return readAttribution(model, trace, asked);
    };
    return this.ask(question, signal, key, attributionCheck(from, asked));
  }

  protected draw(data: AttributionData): TemplateResult {
    const { labels, pos, token, minus, bars, neurons } = data;
    const bySize = this.sort === 'size';
    const name = html`<b>${visibleToken(token.text)}</b>`;
    return html`
      ${this.#controls(data, bySize)}
      <div class=${this.stale ? 'stale' : ''}>
        <div class="title">What wrote ${
          minus.id === null
            ? html`the logit of ${name}`
            : html`logit(${name}) − logit(<b>${visibleToken(minus.text)}</b>)`
        }
          after <b>${visibleToken(labels[pos]!)}</b> <span class="muted">(pos ${pos})</span></div>
        ${sumLine(data)}
        ${legend(minus.id === null ? 'the logit' : 'the difference')}
        <div class="box">
          ${barList({
            label: `Parts of the logit${neurons === null ? '' : `, layer ${neurons} by neuron`}`,
            bars: this.#sorted(bars),
            selected: this.#selected(),
            onChoose: (bar) => this.#choose(bar),
          })}
        </div>
        <fluoro-edit-actions
          part="edit-actions"
          .own=${this.trace !== null}
          .place=${barPlace(
            bars.find((bar) => bar.name === this.#selected()),
            pos,
            labels,
          )}
        ></fluoro-edit-actions>
      </div>
    `;
  }

  protected override table(data: AttributionData): FigureTable {
    return attributionTable(data, this.#sorted(data.bars));
  }

  protected override get followsHover(): boolean {
    return false;
  }

  #sorted(bars: readonly Bar[]): readonly Bar[] {
    return this.sort === 'size' ? [...bars].sort(byLargest) : bars;
  }

  #controls({ token, minus, likely, mlps, neurons }: AttributionData, bySize: boolean): TemplateResult {
    const why =
      "Not held by the pass: worked out in float64 from values that it held, with the final layernorm's scale as it was";
    return html`
      <div class="controls" part="controls">
        ${this.#tokenInput('token', 'Token', token, visibleToken(token.text))}
        ${this.#tokenInput('minus', 'minus', minus, 'none')}
        <datalist id="likely">
          ${likely.map(({ id, text }) => html`<option value=${written(id, text)}></option>`)}
        </datalist>
        <label>Order
          <select id="sort" @change=${({ target }: Event) => (this.sort = (target as HTMLSelectElement).value as Order)}>
            <option value="computation" .selected=${!bySize}>of computation</option>
            <option value="size" .selected=${bySize}>largest first</option>
          </select>
        </label>
        ${mlps.length === 0 ? nothing : this.#neuronsOf(mlps, neurons)}
        <span class="tag" title=${why}>derived</span>
        <span class="muted working" role="status">${this.stale ? 'working…' : ''}</span>
      </div>
      <div id="problem" role="status">
        ${[token, minus].map(({ problem }) => problem && html`<p part="error" class="problem">${problem}</p>`)}
      </div>
    `;
  }

  #tokenInput(name: 'token' | 'minus', label: string, { problem }: Chosen, placeholder: string): TemplateResult {
    return html`<label>${label}
      <input part=${name} list="likely" size="8" spellcheck="false" autocapitalize="off" autocomplete="off"
        title='Its text, with · for a space and ⏎ for a line break, or its id; "12" in double quotes is text'
        placeholder=${problem ? '' : placeholder} aria-invalid=${problem ? 'true' : 'false'} aria-describedby="problem"
        .value=${this[name] ?? ''}
        @change=${({ target }: Event) => (this[name] = (target as HTMLInputElement).value || null)} />
    </label>`;
  }

  #neuronsOf(mlps: readonly number[], neurons: number | null): TemplateResult {
    const change = ({ target }: Event) => {
      const { value } = target as HTMLSelectElement;
      this.neurons = value === '' ? null : Number(value);
    };
    return html`<label>Neurons of
      <select id="neurons" @change=${change}>
        <option value="" .selected=${neurons === null}>no layer</option>
        ${mlps.map((layer) => html`<option value=${layer} .selected=${layer === neurons}>layer ${layer}</option>`)}
      </select>
    </label>`;
  }

  #selected(): string {
    const { layer, head } = this.selection;
    const shared = `blocks.${layer}.head.${head}`;
    return this.#chosen?.beside === shared ? this.#chosen.name : shared;
  }

  #choose({ kind, name, layer, head, neuron }: Bar): void {
    if (kind === 'head') this.select({ layer: layer!, head: head! });
    else if (kind === 'neuron') this.select({ neuronLayer: layer!, neuron: neuron! });
    else if (kind === 'mlp' || kind === 'rest') this.select({ neuronLayer: layer! });
    this.#chosen = { name, beside: `blocks.${this.selection.layer}.head.${this.selection.head}` };
    this.requestUpdate();
  }
}

function sumLine({ count, sum, logit, gap, bound, minus, likely, token }: AttributionData): TemplateResult {
  const missed = !(Math.abs(gap) <= bound);
  const what = minus.id === null ? 'logit' : 'difference of the logits';
  if (!Number.isFinite(logit) || !Number.isFinite(sum)) {
    return html`<p part="sum" class="sum">sum of ${count} parts <b>${formatValue(sum)}</b>, ${what} <b>${formatValue(logit)}</b>:
      where one is no finite number there is no gap.${likely.length > 0 ? nothing : ` ${NO_NUMBERS}${token.id === 0 ? ' For want of a first choice the token is that of id 0.' : ''}`}</p>`;
  }
  return html`<p part="sum" class=${missed ? 'sum problem' : 'sum'}>
    sum of ${count} parts <b>${sum.toFixed(6)}</b> − ${what} <b>${logit.toFixed(6)}</b> = gap <b>${formatValue(gap)}</b>;
    ${missed ? 'beyond' : 'within'} the float bound <b>${formatValue(bound)}</b>
  </p>`;
}

function legend(what: string): TemplateResult {
  return html`<div part="legend" class="keys muted">
    <span><i class="less"></i>lowers ${what}</span><span><i class="more"></i>raises ${what}</span><span>in logits</span>
  </div>`;
}

/** A token as it can be typed. */
function written(id: number, text: string): string {
  const shown = visibleToken(text);
  return /^\d+$/.test(text) ? `"${text}"` : /\\|∅|␍|⍽/.test(shown) ? String(id) : shown;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-attribution': FluoroAttribution;
  }
}
