import { FluoroscopeError } from '../errors';
import { beforeEdit, type Edit, editProgram } from '../program/edits';
import { type ForwardProgram, resolve } from '../program/program';
import { known } from '../program/select';
import type { Trace } from '../trace/trace';
import { type Metric, mean, measure, positionsOf } from './metrics';
import type { Prompt, RunnableModel } from './runnable';
import { type BatchOptions, retainedFor, runBatches } from './sweep-batches';

/** One experiment of a sweep: the prompt with these edits. */
export interface Copy {
  /** For errors: `blocks.2.attn.hook_z, head 1, pos 4`. */
  readonly name: string;
  readonly edits: readonly Edit[];
}

export interface SweepProgress {
  readonly done: number;
  readonly total: number;
}

export interface SweepOptions extends BatchOptions {
  readonly metric: Metric;
  readonly onProgress?: (progress: SweepProgress) => void;
}

export interface Sweep {
  /**
   * The metric of each copy, the mean over its prompts; NaN where the sweep was cancelled before it ran, and only
   * there.
   */
  readonly values: Float64Array;
  /** The metric of the prompt without edits. */
  readonly base: number;
  /** Copies that have run. */
  readonly done: number;
  readonly total: number;
  /** False if the sweep was cancelled: then `values` holds what was measured by then. */
  readonly complete: boolean;
}

/**
 * Runs a prompt (or a batch of them) once per copy, each with its own edits, and measures each. Many copies are one
 * run: every copy is an entry of the batch. What none of a batch's edits can change is not computed again but taken
 * from the run without edits. Both leave each copy's logits equal, bit for bit, to those of a run of its own with
 * these edits.
 *
 * @throws `metric-invalid` naming the copy whose metric is NaN; as `model.run`
 */
export async function sweep(
  model: RunnableModel,
  prompt: Prompt,
  copies: readonly Copy[],
  { metric, onProgress, ...options }: SweepOptions,
): Promise<Sweep> {
  const retain = retainedFor(model, prompt, (program) => {
    const groups = [...byTensors(program, copies).values()];
    return [...new Set(groups.flatMap(([first]) => unchanged(program, copies[first!]!.edits)))];
  });
  const base = await model.run(prompt, { retain });
  const { tokens, program } = base;
  try {
    const values = new Float64Array(copies.length).fill(Number.NaN);
    const expected = mean(await measure(metric, base, tokens.length, (entry) => `prompt ${entry} without edits`));
    const positions = positionsOf(metric, program.pos);
    let done = 0;
    let complete = true;
    onProgress?.({ done, total: copies.length });
    for (const group of byTensors(program, copies).values()) {
      const fixed = await taken(base, unchanged(program, copies[group[0]!]!.edits));
      const edits = group.map((i) => [...fixed, ...copies[i]!.edits]);
      const until = group.map((i) =>
        Math.min(program.pos, ...copies[i]!.edits.map((edit) => firstChanged(program, edit))),
      );
      const wanted = {
        ...options,
        ...(positions.length < program.pos && { positions }),
        ...(model.config.attention_dir === 'causal' && { common: { edits: fixed, until } }),
      };
      complete = await runBatches(model, tokens, edits, wanted, async (trace, first, count) => {
        const each = tokens.length;
        const found = await measure(metric, trace, each, (entry) => {
          const { name } = copies[group[first + Math.floor(entry / each)]!]!;
          return each > 1 ? `${name}, prompt ${entry % each}` : name;
        });
        for (let c = 0; c < count; c++) {
          values[group[first + c]!] = mean(found.subarray(c * each, (c + 1) * each));
          done++;
        }
        onProgress?.({ done, total: copies.length });
      });
      if (!complete) break;
    }
    return { values, base: expected, done, total: copies.length, complete };
  } finally {
    base.dispose();
  }
}

/** The first position that an edit changes; 0 where its slice does not say. */
function firstChanged(program: ForwardProgram, { at, slice = {} }: Edit): number {
  const { axes, shape } = program.tensors[known(program, at)]!;
  const axis = axes.includes('pos') ? 'pos' : 'query';
  const where = slice[axis];
  if (where === undefined) return 0;
  const from = typeof where === 'number' ? where : where[0];
  return from < 0 ? from + shape[axes.indexOf(axis)]! : from;
}

/** The copies' numbers by the tensors that they edit and how: those of one batch share what `unchanged` finds. */
function byTensors(program: ForwardProgram, copies: readonly Copy[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [i, { edits }] of copies.entries()) {
    const kinds = edits.map((edit) => `${resolve(program, edit.at)}${replaces(edit) ? '' : ' in part'}`);
    const key = [...new Set(kinds)].sort().join();
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  return groups;
}

/**
 * What these edits leave as it was, of all that steps after them read; and the edited tensors themselves, where no
 * other edit changes what they are computed from. Setting these makes every earlier step unnecessary.
 */
export function unchanged(program: ForwardProgram, edits: readonly Edit[]): string[] {
  const edited = new Set(edits.map(({ at }) => known(program, at)));
  // Sums and products on the GPU need not round as they would here, so these tensors are computed and edited there.
  const computed = new Set(edits.filter((edit) => !replaces(edit)).map(({ at }) => beforeEdit(resolve(program, at))));
  const { program: rewritten, renamed } = editProgram(program, edits);
  const changed = new Set<string>();
  const fixed = new Set<string>();
  for (const { inputs, outputs } of rewritten.steps) {
    const written = Object.values(outputs);
    // An edit of a whole tensor does not read what was there, but one of a part, which other copies may have, does.
    const read = [...Object.values(inputs), ...written.flatMap((name) => renamed.get(name) ?? [])];
    const roots = written.filter((name) => edited.has(name));
    if (read.some((name) => changed.has(name)) || written.some((name) => computed.has(name))) {
      for (const name of read) {
        const { role } = rewritten.tensors[name]!;
        if (role === 'activation' && !changed.has(name)) fixed.add(name);
      }
      for (const name of written) changed.add(name);
    } else {
      for (const name of roots) {
        fixed.add(name);
        changed.add(name);
      }
    }
  }
  return [...fixed];
}

function replaces({ op }: Edit): boolean {
  return op === 'set' || op === 'zero';
}

/** Edits that set tensors to what they were in a run. */
async function taken(base: Trace, names: readonly string[]): Promise<Edit[]> {
  const values = await Promise.all(names.map((name) => base.read(name)));
  return values.map((value) => ({ at: value.name, op: 'set', value }));
}

export function refusal(message: string): FluoroscopeError {
  return new FluoroscopeError('analysis-invalid', message);
}
