/** From `--edit` to the edits of a run, on the device: the other runs that they need are done here. */
import { freeze, mean, noise, patch, resample } from '../analysis/edits';
import type { RunnableModel } from '../analysis/runnable';
import { FluoroscopeError } from '../errors';
import { type Edit, editProgram } from '../program/edits';
import type { ForwardProgram } from '../program/program';
import { known } from '../program/select';
import type { Layout } from '../tensor/layout';
import { type Slice, select } from '../tensor/slice';
import type { Trace } from '../trace/trace';
import { pointing } from './scanner';
import type { EditSpec, SpecIndex, SpecPrompt, SpecVector } from './spec';

/** As much of a model as edits take: further runs. */
export type Runs = Pick<RunnableModel, 'run'>;

/** As `makeEdits`, with a clean run that lasts no longer than it is needed. */
export async function editsFor(model: Runs, tokens: Trace['tokens'], specs: readonly EditSpec[]): Promise<Edit[]> {
  if (specs.length === 0) return [];
  const clean = await model.run(tokens, { retain: 'checkpoints' });
  try {
    return await makeEdits(model, clean, specs);
  } finally {
    clean.dispose();
  }
}

/**
 * @param clean a run of the same prompt without edits
 * @throws what the edits throw, pointing at the character of the spec
 */
export async function makeEdits(model: Runs, clean: Trace, specs: readonly EditSpec[]): Promise<Edit[]> {
  const { program } = clean;
  const edits: Edit[] = [];
  for (const spec of specs) {
    const { text, column } = spec;
    const slice = await placeOf(program, spec);
    const own = await pointed(text, column, async () => {
      const edit = await make(model, clean, spec, slice);
      editProgram(program, [edit]); // whatever does not fit is said of this one
      return edit;
    });
    edits.push(own);
  }
  return edits;
}

/** The slice that a spec edits. @throws `tensor-unknown`, `slice-invalid`, pointing at the character of the spec */
export async function placeOf(program: ForwardProgram, { text, at, slice }: EditSpec): Promise<Slice> {
  const layout = await pointed(text, text.indexOf(at), () => program.tensors[known(program, at)]!);
  return sliceOf(text, at, layout, slice);
}

async function make(model: Runs, clean: Trace, { text, at, what }: EditSpec, slice: Slice): Promise<Edit> {
  switch (what.op) {
    case 'zero':
      return { at, slice, op: 'zero' };
    case 'scale':
      return { at, slice, op: 'scale', by: what.by };
    case 'set':
    case 'add': {
      const { op, value } = what;
      if (typeof value === 'number') return { at, slice, op, value };
      return { at, slice, op, value: alongLast(at, select(at, clean.layout(at), slice), value) };
    }
    case 'noise':
      return noise(clean, at, { slice, std: what.std, seed: what.seed });
    case 'resample':
      return resample(clean, at, { slice, seed: what.seed });
    case 'freeze':
      return (await freeze(clean, [at], { slice }))[0]!;
    case 'mean':
      return running(model, what.reference, at, clean, (trace) => mean(trace, at, { slice, over: what.over }));
    case 'patch':
      return running(model, what.source, at, clean, async (trace) => {
        const given = what.from && (await sliceOf(text, at, trace.layout(at), what.from));
        // One prompt's values serve a whole batch.
        const one: Slice = trace.tokens.length === 1 ? { batch: 0 } : {};
        return patch(trace, at, { slice, from: { ...(given ?? slice), ...one } });
      });
  }
}

/** Does something with a run of other prompts, or with the clean one. */
async function running<T>(
  model: Runs,
  tokens: SpecPrompt | null,
  at: string,
  clean: Trace,
  work: (trace: Trace) => Promise<T>,
): Promise<T> {
  if (tokens === null) return work(clean);
  const trace = await model.run(tokens, { retain: [at] });
  try {
    return await work(trace);
  } finally {
    trace.dispose();
  }
}

/** An end that was left out is the tensor's own. */
async function sliceOf(text: string, at: string, layout: Layout, given: readonly SpecIndex[]): Promise<Slice> {
  const slice: Slice[] = [];
  for (const { axis, index, column } of given) {
    const size = layout.shape[layout.axes.indexOf(axis)] ?? 0;
    const one = { [axis]: typeof index === 'number' ? index : [index[0] ?? 0, index[1] ?? size] } as Slice;
    await pointed(text, column, () => select(at, layout, one));
    slice.push(one);
  }
  return Object.assign({}, ...slice);
}

/** Values without names for their axes lie along the last ones of the slice, as NumPy broadcasts them. */
function alongLast(at: string, { axes, shape }: Layout, value: SpecVector) {
  if ('file' in value) throw new Error(`${value.file} was not read`);
  const rank = value.shape.length;
  const expected = `[${axes.map((axis, i) => `${axis} ${shape[i]}`).join(', ')}]`;
  if (rank > axes.length) {
    throw new FluoroscopeError(
      'edit-invalid',
      `The edit's values have ${rank} axes [${value.shape}], expected at most those of ${expected}, the slice of ${at}.`,
    );
  }
  return { axes: axes.slice(axes.length - rank), shape: value.shape, data: value.data };
}

async function pointed<T>(text: string, column: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FluoroscopeError) || error.message.startsWith('--edit')) throw error;
    throw pointing(text, column, error.message, error);
  }
}
