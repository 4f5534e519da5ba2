/** The list of breakpoints, and the field for another one. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Breakpoint, BreakpointSpec, ForwardProgram } from '../../src/index';
import { problemView } from './problem';

export interface BreakpointForm {
  readonly breakpoints: readonly Breakpoint[];
  readonly names: readonly string[];
  readonly error: Error | null;
  readonly onAdd: (text: string, tensors: string) => boolean;
  readonly onRemove: (breakpoint: Breakpoint) => void;
}

export function breakpointForm({ breakpoints, names, error, onAdd, onRemove }: BreakpointForm): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const [text, tensors] = [...form.querySelectorAll('input')];
    if (!onAdd(text!.value, tensors!.value)) return text!.focus();
    form.reset();
  };
  return html`<section role="group" part="breakpoints" aria-label="Breakpoints">
    <h3>Breakpoints</h3>
    ${
      breakpoints.length > 0
        ? html`<ul>${breakpoints.map(
            (one) => html`<li><span>${one.text}</span>
              <button aria-label=${`Remove the breakpoint ${one.text}`} @click=${() => onRemove(one)}>Remove</button></li>`,
          )}</ul>`
        : html`<p class="muted">None: press the margin beside a step, or b on it, or name a place or a condition.</p>`
    }
    <form class="fields" @submit=${submit}>
      <label class="long">Stop at, or if
        <input part="place" list="names" placeholder="any NaN" spellcheck="false" autocapitalize="off" autocomplete="off"
          aria-invalid=${error ? 'true' : 'false'} aria-describedby="break-error break-help" /></label>
      <label>of the tensors
        <input part="tensors" list="names" placeholder="all" spellcheck="false" autocapitalize="off" autocomplete="off" /></label>
      <button>Add</button>
    </form>
    <datalist id="names">${names.map((name) => html`<option value=${name}></option>`)}</datalist>
    <p class="muted" id="break-help">A step’s index, a tensor (after it is written; <code>before …</code>), a glob, or a condition:
      <code>any NaN</code>, <code>|x| &gt; 1e4</code>, <code>row sums != 1</code>.</p>
    <div role="status" id="break-error">${error ? problemView(error) : nothing}</div>
  </section>`;
}

/**
 * What a reader typed: `any NaN`, `|x| > 1e4 at *.hook_post`, `if …`, `12`, `after hook_embed`, `*.hook_z`.
 *
 * @param tensors a glob for a condition; empty for all
 */
export function parseBreakpoint(text: string, tensors: string, program: ForwardProgram): BreakpointSpec {
  const place = /^\s*(?:(before|after)\s+)?(?:step\s+)?([\w.:*-]+)\s*$/i.exec(text);
  if (!place) {
    const [, condition, at] = /^\s*(?:if\b\s*)?(.*?)(?:\s+at\s+(\S+))?\s*$/is.exec(text)!;
    const of = tensors.trim() || at;
    return { if: condition!, ...(of && { at: of }) };
  }
  const when = place[1]?.toLowerCase() as 'before' | 'after' | undefined;
  const at = place[2]!;
  if (/^\d+$/.test(at)) return stepBreakpoint(program, Number(at), when);
  return { at, ...(when && { when }) };
}

/** A step by what it writes: its index is another one where edits are inserted. */
export function stepBreakpoint(program: ForwardProgram, step: number, when: 'before' | 'after' = 'before') {
  const written = Object.values(program.steps[step]?.outputs ?? {});
  const at = when === 'before' ? written[0] : written.at(-1);
  return { at: at ?? step, when };
}

export const formStyles = css`
  ul {
    display: grid;
    gap: 0.25rem;
    margin: 0.25rem 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    justify-content: space-between;
  }
  li > span {
    min-width: 0;
    font: 0.8125rem / 1.5 var(--_mono);
    overflow-wrap: anywhere;
  }
  li button {
    flex: none;
    padding: 0.1em 0.5em;
    font-size: 0.8125rem;
  }
  .fields {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    align-items: end;
    margin: 0.5rem 0;
  }
  .fields label {
    display: grid;
    gap: 0.125rem;
    flex: 1 1 7rem;
    min-width: 0;
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .fields .long {
    flex: 2 1 12rem;
  }
  .fields .short {
    flex: 0 1 5rem;
  }
  .fields :is(input, select, button) {
    min-width: 0;
    max-width: 100%;
    height: 2.25rem;
    color: var(--_text);
    font-size: 0.875rem;
  }
  .fields :is(input, select) {
    width: 100%;
  }
  .fields input {
    font-family: var(--_mono);
  }
  .fields input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  input[aria-invalid='true'] {
    border-color: var(--_danger);
  }
`;
