/** Where a session stands, what watches found, what edits did: in sentences. */
import type { ForwardProgram, Step, Stop } from '../../src/index';
import { describeEdit, describeIndex, describeWatch, numeral } from '../../src/viewer';
import type { MadeEdit, Watched } from './debugging';

/** `step 5 matmul, which writes blocks.0.attn.hook_q` */
function stepText({ steps }: ForwardProgram, index: number): string {
  const { kernel, outputs } = steps[index]!;
  return `step ${index} ${kernel}, which writes ${list(Object.values(outputs))}`;
}

/** Where it stands and why. */
export function describeStop(stop: Stop | null, program: ForwardProgram): string {
  if (!stop) return `Nothing has run yet. Next is ${stepText(program, 0)}.`;
  const { at, step } = stop;
  const next = at < program.steps.length ? `Next is ${stepText(program, at)}.` : 'The pass has ended.';
  const ran = step === undefined ? '' : `${written(program.steps[step]!, step)} `;
  return `${reasonText(stop)}${ran}${next}`;
}

function written({ kernel, outputs }: Step, index: number): string {
  return `Step ${index} ${kernel} has written ${list(Object.values(outputs))}.`;
}

function reasonText({ reason, breakpoint, tensor, index, value }: Stop): string {
  if (reason === 'breakpoint') return `Stopped at the breakpoint ${breakpoint!.text}. `;
  if (reason !== 'condition') return '';
  const where = index && Object.keys(index).length > 0 ? ` at ${describeIndex(index)}` : '';
  if (value === undefined) return `Stopped ${breakpoint!.text}, which holds of ${tensor}${where}. `;
  const is = breakpoint!.text.startsWith('if row sums') ? 'sums to' : 'is';
  return `Stopped ${breakpoint!.text}: ${tensor}${where} ${is} ${valueText(value)}. `;
}

function valueText(value: number): string {
  return numeral(value).replace('e-', 'e−').replace(/^-/, '−');
}

export function describeWatched({ finding, steps }: Watched): string {
  if (!finding) return `No NaN and no infinity in what ${steps} steps have written.`;
  return `The first that is not finite: ${describeWatch(finding)}.`;
}

export function describeMade({ edit, at, receipt }: MadeEdit, next: number): string {
  if (receipt) return `${receipt}.`;
  const when = next > at ? 'applied' : 'to be applied when the session goes on';
  return `${describeEdit(edit)} of ${edit.at}: ${when}.`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
