import { css, html, type TemplateResult } from 'lit';
import type { ForwardProgram } from '../../src/index';
import { headPlace } from '../heads/head-place';
import { editSpec } from '../shared/edit-spec';
import { type Selection, within } from '../shared/selection';

/** Said where another trace can only be given. */
export const ALONE = `There is one trace and nothing to compare it with: give this element another one (other, or other-trace
  with its address), or put it into a <fluoro-model> with a src.`;

/** How to begin, where there is nothing to compare yet: with the selected head. null: the program has no attention. */
export function beginView(
  program: ForwardProgram,
  selection: Selection,
  onEdit: (edit: string) => void,
): TemplateResult | null {
  const chosen = headOf(program, selection);
  if (!chosen) return null;
  const { layer, head } = chosen;
  const silence = editSpec(headPlace(layer, head, 0, ['']), 'zero');
  return html`<slot name="fallback"><div part="begin" class="notice">
      <p>Nothing is edited yet, so there is nothing to compare. Edit something, here or in a figure beside this one, or write
        another prompt.</p>
      <button part="silence" @click=${() => onEdit(silence)}>Silence head ${layer}.${head}</button>
    </div></slot>`;
}

export const beginStyles = css`
  [part='begin'] button {
    margin-top: 0.75rem;
  }
`;

function headOf({ tensors }: ForwardProgram, { layer, head }: Selection): { layer: number; head: number } | null {
  const names = Object.keys(tensors).filter((name) => /^blocks\.\d+\.attn\.hook_z$/.test(name));
  const name = names.find((one) => one === `blocks.${layer}.attn.hook_z`) ?? names[0];
  if (name === undefined) return null;
  const { axes, shape } = tensors[name]!;
  return { layer: Number(name.split('.')[1]), head: within(head, shape[axes.indexOf('head')]!) };
}
