/** The program, and where in the model each of its variables lives. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Finding, PlaceNote, VariableNote } from '../../src/index';
import { linkedText } from './linked-text';

const SHOWN = 24;

export interface ProgramView {
  readonly finding: Pick<Finding, 'program' | 'variables'>;
  /** Numbers of the variables whose places are listed. */
  readonly chosen: readonly number[];
  readonly onChoose: (variables: readonly number[]) => void;
  readonly onPlace: (place: Chosen) => void;
}

/** A head or a neuron that holds a variable. */
export interface Chosen {
  readonly head?: { readonly layer: number; readonly head: number };
  readonly neuron?: { readonly layer: number; readonly neuron: number };
  /** As the place has it: negative from the end. */
  readonly pos?: number;
}

export function programView({ finding, chosen, onChoose, onPlace }: ProgramView): TemplateResult {
  const { program, variables } = finding;
  const same = (some: readonly number[]) => some.length > 0 && some.every((one) => chosen.includes(one));
  const choose = (some: readonly number[]) => onChoose(same(some) && some.length === chosen.length ? [] : some);
  return html`<div class="program">
    <section role="group" aria-label="The program">
      <div class="title">The program</div>
      <pre part="program" tabindex="0">${linkedText(program ?? '', variables).map((span) =>
        span.variables.length === 0
          ? span.text
          : html`<button class=${same(span.variables) ? 'lit' : ''} @click=${() => choose(span.variables)}
              title="where it is held">${span.text}</button>`,
      )}</pre>
    </section>
    <section role="group" aria-label="Where its variables live">
      <div class="title">Where its variables live</div>
      <ul part="variables">
        ${variables.map((variable, i) => {
          const open = chosen.includes(i);
          return html`<li class=${open ? 'open' : ''}>
            <button part="variable" aria-expanded=${open ? 'true' : 'false'} @click=${() => choose([i])}>${variable.name}</button>
            <div class="muted">${variable.meaning}</div>
            ${open ? html`<div part="places">${variable.places.map((place) => placeView(place, onPlace))}</div>` : nothing}
          </li>`;
        })}
      </ul>
    </section>
  </div>`;
}

/** The first head and the first neuron that hold a variable. */
export function firstPlaces({ places }: VariableNote): Chosen {
  const [head] = places.flatMap(({ heads = [] }) => heads);
  const [neuron] = places.flatMap(({ neurons = [] }) => neurons);
  const pos = positionOf(places[0]);
  return { ...(head && { head }), ...(neuron && { neuron }), ...(pos !== null && { pos }) };
}

function positionOf(place: PlaceNote | undefined): number | null {
  const pos = place?.slice?.pos;
  return typeof pos === 'number' ? pos : null;
}

function placeView(place: PlaceNote, onPlace: ProgramView['onPlace']): TemplateResult {
  const { at, dimensions, heads = [], neurons = [] } = place;
  const pos = positionOf(place);
  const where = pos === null ? {} : { pos };
  const of = dimensions === null ? 'all of it' : `${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'} of it`;
  const ones = [
    ...heads.map((head) => ({ text: `head ${head.layer}.${head.head}`, place: { head, ...where } })),
    ...neurons.map((neuron) => ({ text: `${neuron.layer}.${neuron.neuron}`, place: { neuron, ...where } })),
  ];
  const button = ({ text, place: one }: (typeof ones)[number]) =>
    html`<button class="place" @click=${() => onPlace(one)}>${text}</button>`;
  const rest = ones.slice(SHOWN);
  return html`<div>
    <div><code>${at}</code> <span class="muted">${pos === null ? '' : pos < 0 ? `the last position, ` : `position ${pos}, `}${of}</span></div>
    ${ones.length === 0 ? nothing : html`<div class="places">${neurons.length > 0 ? html`<span class="muted">${neurons.length} neurons:</span>` : nothing}${ones.slice(0, SHOWN).map(button)}</div>`}
    ${rest.length === 0 ? nothing : html`<details><summary>${rest.length} more</summary><div class="places">${rest.map(button)}</div></details>`}
  </div>`;
}

export const programStyles = css`
  pre {
    margin: 0;
    padding: 0.75rem 0.875rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
    font: 0.8125rem / 1.9 var(--_mono);
    overflow-x: auto;
  }
  pre button {
    padding: 0.05em 0.25em;
    margin: 0 -0.25em;
    border: 0;
    border-radius: 3px;
    background: none;
    color: inherit;
    text-decoration: underline dotted var(--_accent);
    text-underline-offset: 0.3em;
  }
  pre button:hover,
  pre button.lit {
    background: color-mix(in srgb, var(--_accent) 18%, transparent);
  }
  pre button.lit {
    text-decoration-style: solid;
  }
  ul {
    display: grid;
    gap: 0.5rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  [part='variables'] {
    grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr));
    gap: 0.75rem 2rem;
  }
  .open {
    grid-column: 1 / -1;
  }
  [part='variable'] {
    padding: 0.1em 0.5em;
    font: 0.8125rem / 1.5 var(--_mono);
    text-align: left;
  }
  [part='variable']::before {
    content: '▸ ' / '';
    color: var(--_muted);
  }
  [part='variable'][aria-expanded='true']::before {
    content: '▾ ' / '';
  }
  [part='variable'][aria-expanded='true'] {
    border-color: var(--_accent);
  }
  [part='places'] {
    display: grid;
    gap: 0.5rem;
    margin: 0.375rem 0 0.375rem 0.25rem;
    padding-left: 0.75rem;
    border-left: 2px solid var(--_line);
  }
  .places {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
    align-items: baseline;
    margin-top: 0.25rem;
  }
  .place {
    padding: 0 0.4em;
    font: 0.75rem / 1.6 var(--_mono);
  }
  summary {
    margin-top: 0.25rem;
    color: var(--_muted);
    font-size: 0.8125rem;
    cursor: pointer;
  }
`;
