/** How numbers and places are written in an explanation. */
import type { Axis, Index, Trace } from '../../src/index';
import { layoutIn, MASKED, numeral } from '../../src/viewer';
import { visibleToken } from '../shared/text';

/** A value with the digits that tell it from every other f32, and a minus sign that a reader can see. */
export function exact(value: number): string {
  return numeral(value).replace('e-', 'e−').replace(/^-/, '−');
}

/** What a link shows: −1e30 is no score but a mask. */
export function operandText(value: number): string {
  return value <= MASKED ? 'masked' : exact(value);
}

/** One digit after the point, for errors and bounds. */
export function small(value: number): string {
  return value === 0 ? '0' : value.toExponential(1).replace('e-', 'e−').replace('e+', 'e');
}

/** `pos 3 (·be), head 1`; an axis of size 1 says nothing. */
export function placeText(
  trace: Trace,
  { tensor, index }: { readonly tensor: string; readonly index: Index },
  tokenText: (id: number) => string | undefined,
): string {
  const layout = layoutIn(trace.program, tensor);
  const named = Object.entries(index).filter(([axis]) => {
    const size = layout?.shape[layout.axes.indexOf(axis as Axis)];
    return size === undefined || size > 1;
  });
  const batch = index.batch ?? 0;
  return named
    .map(([axis, i]) => {
      const text = tokenOf(trace, tensor, axis as Axis, batch, i, tokenText);
      return `${axis} ${i}${text === undefined ? '' : ` (${visibleToken(text)})`}`;
    })
    .join(', ');
}

/** The token at a position of the prompt, or of the vocabulary. */
function tokenOf(
  { program, labels }: Trace,
  tensor: string,
  axis: Axis,
  batch: number,
  i: number,
  tokenText: (id: number) => string | undefined,
): string | undefined {
  if (axis === 'vocab') return tokenText(i);
  if (!['pos', 'query', 'key'].includes(axis) || tensor.startsWith('pos_embed.')) return undefined;
  const layout = layoutIn(program, tensor);
  if (layout?.shape[layout.axes.indexOf(axis)] !== program.pos) return undefined; // Only some positions were run.
  return labels[batch]?.[i];
}
