/** A sentence instead of values that are not there yet. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Debugging } from './debugging';
import { writerOf } from './panels';

/** @param onRun the reader wants the pass to run until the tensor is there */
export function laterView(
  { session, trace, program, busy }: Pick<Debugging, 'session' | 'trace' | 'program' | 'busy'>,
  tensor: string,
  onRun: () => void,
): TemplateResult | typeof nothing {
  if (!session || !trace || trace.names.includes(tensor)) return nothing;
  if (session.at === 0) return html`<p part="later" class="notice">No step has run yet, so there are no values.</p>`;
  const writer = writerOf(program, tensor);
  const { role } = trace.program.tensors[tensor] ?? {};
  if (writer < session.at && role !== 'derived') return nothing; // a weight, or what there was before an edit
  const what =
    writer < 0 ? 'what it is derived from is' : `step ${writer} ${program.steps[writer]!.kernel} writes it and is`;
  return html`<p part="later" class="notice">${tensor} is not there yet: ${what} still to run.
    ${writer < 0 ? nothing : html`<button aria-disabled=${busy ? 'true' : 'false'} @click=${onRun}>Run to it</button>`}</p>`;
}
