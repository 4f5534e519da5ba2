/** Copies of a prompt, each with its own edits, as one batch: entry c·n + i of the batch is prompt i of copy c. */
import { type Edit, editProgram } from '../program/edits';
import { planSlots } from '../program/liveness';
import { narrow } from '../program/narrow';
import type { ForwardProgram } from '../program/program';
import { known, stepsFor } from '../program/select';
import { sizeOf } from '../tensor/layout';
import { type Slice, select } from '../tensor/slice';
import type { Trace } from '../trace/trace';
import type { RunnableModel } from './runnable';

/** Bytes of GPU memory that a batch may take, unless given. */
export const BUDGET = 256 * 2 ** 20;

/** What every WebGPU device lets a shader bind (maxStorageBufferBindingSize): no tensor of a batch may be larger. */
const BINDING = 2 ** 27;

/** Larger batches save nothing more, but make progress coarse and cancelling slow. */
const MOST_ENTRIES = 256;

export interface BatchOptions {
  /** Bytes of GPU memory for one batch: activations, edits and logits; 256 MiB unless given. At least one copy runs. */
  readonly budget?: number;
  /** Cancels between batches; what is measured by then is kept. */
  readonly signal?: AbortSignal;
}

export interface Wanted {
  /** Read of each run, beside the output. */
  readonly retain?: readonly string[];
  /** What the runs are for; the logits unless given. */
  readonly output?: string;
  /** Where the output is wanted; everywhere unless given. */
  readonly positions?: readonly number[];
}

/**
 * Runs all copies in as few batches as the budget allows, all of nearly one size.
 *
 * @param prompts token ids [prompt][pos] of one copy
 * @param copies each copy's edits, as for a run of it alone
 * @param use reads a batch; its trace is disposed afterwards
 * @returns false if it was cancelled
 */
export async function runBatches(
  model: RunnableModel,
  prompts: readonly (readonly number[])[],
  copies: readonly (readonly Edit[])[],
  { retain = [], output, positions, budget = BUDGET, signal }: BatchOptions & Wanted,
  use: (trace: Trace, first: number, count: number) => Promise<void>,
): Promise<boolean> {
  if (copies.length === 0) return !signal?.aborted;
  const most = capacity(
    model,
    prompts,
    copies[0]!,
    { retain, ...(output && { output }), ...(positions && { positions }) },
    budget,
  );
  const size = Math.ceil(copies.length / Math.ceil(copies.length / most));
  const layouts = model.program(prompts.length, prompts[0]!.length);
  for (let first = 0; first < copies.length; first += size) {
    if (signal?.aborted) return false;
    const part = copies.slice(first, first + size);
    const tokens = part.flatMap(() => prompts);
    const edits = part.flatMap((list, c) => list.map((edit) => inCopy(layouts, edit, c)));
    const trace = await model.run(tokens, {
      retain,
      edits,
      ...(output && { output }),
      ...(positions && { positions }),
    });
    await use(trace, first, part.length);
    trace.dispose();
  }
  return true;
}

/**
 * How many copies of the prompts run together: by the bytes of all that is alive at once, and of the largest tensor.
 */
function capacity(
  model: RunnableModel,
  prompts: readonly (readonly number[])[],
  edits: readonly Edit[],
  { retain = [], output, positions }: Wanted,
  budget: number,
): number {
  const edited = editProgram(model.program(prompts.length, prompts[0]!.length), edits);
  const program = { ...edited.program, output: output ?? edited.program.output };
  const bytes = batchBytes(positions ? narrow(program, positions).program : program, retain);
  const most = Math.min(budget / bytes.all, BINDING / bytes.largest, MOST_ENTRIES / prompts.length);
  return Math.max(1, Math.floor(most));
}

/** Bytes of GPU memory for one run of a program that keeps its output and some tensors: they grow with the batch. */
export function batchBytes(program: ForwardProgram, retain: readonly string[]): { all: number; largest: number } {
  const bytesOf = (name: string) => 4 * sizeOf(program.tensors[name]!.shape);
  const kept = new Set([program.output, ...retain.map((name) => known(program, name))]);
  const inputs = Object.keys(program.tensors).filter((name) => program.tensors[name]!.role === 'input');
  const steps = stepsFor(program, kept, () => false);
  const { slotBytes } = planSlots(program, steps, kept);
  const sizes = [...slotBytes, ...[...kept, ...inputs].map(bytesOf)];
  return { all: sizes.reduce((a, b) => a + b, 0), largest: Math.max(...sizes) };
}

/** An edit of one copy alone, as an edit of its entries of the batch. */
function inCopy(program: ForwardProgram, edit: Edit, copy: number): Edit {
  const { batch: size } = program;
  const { batch = [0, size], ...rest }: Slice = edit.slice ?? {};
  select(edit.at, program.tensors[known(program, edit.at)]!, edit.slice ?? {}); // throws where it lies outside the copy
  const moved = (i: number) => copy * size + (i < 0 ? i + size : i);
  return {
    ...edit,
    slice: { ...rest, batch: typeof batch === 'number' ? moved(batch) : [moved(batch[0]), moved(batch[1])] },
  };
}
