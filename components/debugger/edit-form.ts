/** What to do to a tensor before the steps to come read it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Axis, Edit, Layout, Slice } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { MadeEdit } from './debugging';
import { problemView } from './problem';
import { describeMade } from './words';

const OPS = {
  zero: 'zero: set to 0',
  scale: 'scale: multiply by',
  set: 'set to',
  add: 'add',
} as const;
type Op = keyof typeof OPS;

/** What the fields hold. */
export interface EditFields {
  /** As typed; null: the tensor that is shown. */
  readonly tensor: string | null;
  readonly slice: Readonly<Partial<Record<Axis, string>>>;
  readonly op: Op;
  readonly value: string;
}

export const EMPTY_FIELDS: EditFields = { tensor: null, slice: {}, op: 'scale', value: '0.5' };

export interface EditForm {
  readonly fields: EditFields;
  readonly tensor: string;
  /** Of the tensor; null where there is none of that name. */
  readonly layout: Layout | null;
  readonly made: readonly MadeEdit[];
  /** Index of the step that runs next. */
  readonly next: number;
  readonly ready: boolean;
  readonly error: Error | null;
  readonly onChange: (change: Partial<EditFields>) => void;
  readonly onAxis: (axis: Axis, text: string) => void;
  readonly onSubmit: () => void;
}

export function editForm(form: EditForm): TemplateResult {
  const { fields, tensor, layout, made, next, ready, error, onChange, onAxis, onSubmit } = form;
  const { axes = [], shape = [] } = layout ?? {};
  const valueIn = (event: Event) => (event.target as HTMLInputElement | HTMLSelectElement).value;
  return html`<section role="group" part="edit" aria-label="Edit">
    <h3>Edit at this stop</h3>
    <form class="fields" @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      onSubmit();
    }}>
      <label class="long">Tensor
        <input part="tensor" list="names" spellcheck="false" autocapitalize="off" autocomplete="off"
          aria-invalid=${layout ? 'false' : 'true'}
          .value=${tensor} @change=${(event: Event) => onChange({ tensor: valueIn(event) || null, slice: {} })} /></label>
      ${axes.map((axis, i) =>
        shape[i] === 1
          ? nothing
          : html`<label class="short">${axis}
              <input part="axis" placeholder="all" title=${`of ${shape[i]}: an index, −1 for the last, 2:5 for a range`}
                spellcheck="false" autocomplete="off" .value=${fields.slice[axis] ?? ''}
                @input=${(event: Event) => onAxis(axis, valueIn(event))} /></label>`,
      )}
      <label>What
        <select part="op" @change=${(event: Event) => onChange({ op: valueIn(event) as Op })}>
          ${(Object.keys(OPS) as Op[]).map((op) => html`<option value=${op} ?selected=${op === fields.op}>${OPS[op]}</option>`)}
        </select></label>
      ${
        fields.op === 'zero'
          ? nothing
          : html`<label class="short">Value
              <input part="value" inputmode="decimal" spellcheck="false" autocomplete="off" .value=${fields.value}
                @input=${(event: Event) => onChange({ value: valueIn(event) })} /></label>`
      }
      <button part="apply" aria-disabled=${ready ? 'false' : 'true'}>Edit</button>
    </form>
    <div role="status">
      ${error ? problemView(error) : nothing}
      ${
        made.length > 0
          ? html`<ul part="edits">${made.map((one) => html`<li><span>${describeMade(one, next)}</span></li>`)}</ul>`
          : html`<p class="muted">Applied when the session goes on, to what later steps read.${ready ? '' : ' It takes a session that has not ended.'}</p>`
      }
    </div>
  </section>`;
}

/** @throws `slice-invalid`, `edit-invalid` for what is no index and no number */
export function parseEdit({ slice, op, value }: EditFields, at: string, layout: Layout | null): Edit {
  const where = layout ? parseSlice(slice, layout) : {};
  const edit = { at, ...(Object.keys(where).length > 0 && { slice: where }) };
  if (op === 'zero') return { ...edit, op };
  const number = value.trim() === '' ? Number.NaN : Number(value.trim().replace('−', '-'));
  if (Number.isNaN(number) && !/^\s*nan\s*$/i.test(value)) {
    throw new FluoroscopeError('edit-invalid', `The value: got "${value}", expected a number such as 0.5 or −1e3.`);
  }
  return op === 'scale' ? { ...edit, op, by: number } : { ...edit, op, value: number };
}

function parseSlice(texts: EditFields['slice'], { axes, shape }: Layout): Slice {
  const slice: Partial<Record<Axis, number | [number, number]>> = {};
  for (const [i, axis] of axes.entries()) {
    const text = (texts[axis] ?? '').replaceAll('−', '-').trim();
    if (text === '') continue;
    const match = /^(-?\d+)?\s*(:)?\s*(-?\d+)?$/.exec(text);
    if (!match || (!match[2] && match[3] !== undefined)) {
      throw new FluoroscopeError(
        'slice-invalid',
        `${axis}: got "${text}", expected an index such as 3 or −1, a range such as 2:5, or nothing for all.`,
      );
    }
    const [, from, range, to] = match;
    slice[axis] = range ? [Number(from ?? 0), Number(to ?? shape[i])] : Number(from);
  }
  return slice;
}
