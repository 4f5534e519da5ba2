import { type Edit, hasRun, invalid } from '../program/edits';
import type { ForwardProgram, Step } from '../program/program';
import { known } from '../program/select';

/**
 * Refuses an edit that comes too late to change anything.
 *
 * @param at how many steps have run
 * @throws `edit-invalid` for a tensor that they have written and that no step to come reads; `tensor-unknown`
 */
export function checkRead(program: ForwardProgram, edit: Edit, at: number): void {
  const tensor = known(program, edit.at);
  if (!hasRun(program, tensor, at)) return;
  const reads = ({ inputs }: Step) => Object.values(inputs).includes(tensor);
  if (program.steps.slice(at).some(reads)) return;
  const last = program.steps.findLastIndex((step) => reads(step) || Object.values(step.outputs).includes(tensor));
  const { kernel } = program.steps[last]!;
  throw invalid(
    edit,
    `no step after step ${last} ${kernel} reads it, and that one has run. Make the edit at a stop before it, or edit what it wrote.`,
  );
}
