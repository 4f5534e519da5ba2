/** Copies of a prompt, each with its own edits, as one batch: entry c·n + i of the batch is prompt i of copy c. */
import { type Edit, editProgram } from '../program/edits';
import { planSlots } from '../program/liveness';
import { narrow, type Shared } from '../program/narrow';
import type { ForwardProgram } from '../program/program';
import { type Retain, stepsFor } from '../program/retain';
import { known } from '../program/select';
import { sizeOf } from '../tensor/layout';
import { type Slice, select } from '../tensor/slice';
import type { Trace } from '../trace/trace';
import type { Prompt, RunnableModel } from './runnable';

/** Bytes of GPU memory that a batch may take, unless given. */
export const BUDGET = 256 * 2 ** 20;

/** What every WebGPU device lets a shader bind (maxStorageBufferBindingSize): no tensor of a batch may be larger. */
const BINDING = 2 ** 27;

/** Larger batches save nothing more, but make progress coarse and cancelling slow. */
const MOST_ENTRIES = 256;

const range = (size: number) => Array.from({ length: size }, (_, i) => i);

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
  /** What the copies have in common, in a causal model, so that it is computed once. */
  readonly common?: Common;
}

export interface Common {
  /** The edits that every copy begins with. */
  readonly edits: readonly Edit[];
  /** For each copy, the first position that its own edits change. */
  readonly until: readonly number[];
}

/**
 * Runs all copies in as few batches as the budget allows, all of nearly one size. Where the copies have much in common,
 * a batch ends with one more, which has no more than that.
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
  { retain = [], output, positions, common, budget = BUDGET, signal }: BatchOptions & Wanted,
  use: (trace: Trace, first: number, count: number) => Promise<void>,
): Promise<boolean> {
  if (copies.length === 0) return !signal?.aborted;
  const fitting = capacity(
    model,
    prompts,
    copies[0]!,
    { retain, ...(output && { output }), ...(positions && { positions }), ...(common && { common }) },
    budget,
  );
  const most = common ? Math.max(1, fitting - 1) : fitting;
  const size = Math.ceil(copies.length / Math.ceil(copies.length / most));
  const layouts = model.program(prompts.length, prompts[0]!.length);
  for (let first = 0; first < copies.length; first += size) {
    if (signal?.aborted) return false;
    const own = copies.slice(first, first + size);
    const shared = common && sharing(common.until.slice(first, first + size), prompts);
    const part = shared ? [...own, common.edits] : own;
    const tokens = part.flatMap(() => prompts);
    const edits = part.flatMap((list, c) => list.map((edit) => inCopy(layouts, edit, c)));
    const trace = await model.run(tokens, {
      retain,
      edits,
      ...(output && { output }),
      ...(positions && { positions }),
      ...(shared && { shared, positions: positions ?? range(layouts.pos) }),
    });
    await use(trace, first, own.length).finally(() => trace.dispose());
  }
  return true;
}

/** For each entry of a batch, what it shares with the copy that ends it; null where that copy costs more than it saves. */
function sharing(until: readonly number[], prompts: readonly (readonly number[])[]): Shared[] | null {
  const saved = until.reduce((sum, positions) => sum + positions, 0);
  if (saved < 2 * prompts[0]!.length) return null;
  const last = until.length * prompts.length;
  return [...until, 0].flatMap((until) => prompts.map((_, i) => ({ as: last + i, until })));
}

/**
 * How many copies of the prompts run together: by the bytes of all that is alive at once, and of the largest tensor.
 */
function capacity(
  model: RunnableModel,
  prompts: readonly (readonly number[])[],
  edits: readonly Edit[],
  { retain = [], output, positions, common }: Wanted,
  budget: number,
): number {
  const edited = editProgram(model.program(prompts.length, prompts[0]!.length), edits);
  const program = { ...edited.program, output: output ?? edited.program.output };
  const shared = common && prompts.map((_, i) => ({ as: i, until: 0 }));
  const some = positions ?? (shared && range(program.pos));
  const bytes = batchBytes(some ? narrow(program, some, shared).program : program, retain);
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

/**
 * What to retain of a run of which edits take these tensors: all of them, where that is affordable, so that nothing is
 * replayed; else they are replayed from the residual streams when they are read.
 *
 * @param names by the program of prompts of a shape
 */
export function retainedFor(
  model: RunnableModel,
  prompt: Prompt,
  names: (program: ForwardProgram) => readonly string[],
): Retain {
  const ids = typeof prompt === 'string' ? model.tokenizer?.encode(prompt) : prompt;
  const lists = (Array.isArray(ids?.[0]) ? ids : [ids]) as readonly (readonly number[] | undefined)[];
  const pos = lists[0]?.length ?? 0;
  if (pos === 0 || pos > model.config.n_ctx) return 'checkpoints'; // The run refuses it with its own sentence.
  const program = model.program(lists.length, pos);
  const taken = names(program);
  const bytes = taken.reduce((sum, name) => sum + 4 * sizeOf(program.tensors[known(program, name)]!.shape), 0);
  return bytes <= BUDGET ? taken : 'checkpoints';
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
