import { FluoroscopeError } from '../errors';
import { describeLayout, type Layout, sizeOf, stridesOf } from '../tensor/layout';
import { MASKED } from '../tensor/masked';
import { type Selection, type Slice, select } from '../tensor/slice';
import { checkEdits } from './check-edits';
import { beforeEdit, describeEdit } from './describe-edit';
import type { ForwardProgram, Step, Tensor } from './program';
import { known } from './select';
import { splitNorms } from './split-norms';

export { beforeEdit, describeEdit };

/** Values for an edit by named axes; along axes that they lack they repeat. */
export interface Values extends Layout {
  readonly data: ArrayLike<number>;
}

/**
 * What to do to a tensor, or to a slice of it, before anything reads it. `zero` sets 0, `set` a number or values,
 * `scale` multiplies, `add` adds a number or values, such as a steering vector along `model`.
 */
export type Edit = { readonly at: string; readonly slice?: Slice } & (
  | { readonly op: 'zero' }
  | { readonly op: 'scale'; readonly by: number }
  | { readonly op: 'set' | 'add'; readonly value: number | Values }
);

/** An edit as a trace remembers it: a recorded one knows which layout the values had, and no more. */
export type EditNote = { readonly at: string; readonly slice?: Slice } & (
  | { readonly op: 'zero' }
  | { readonly op: 'scale'; readonly by: number }
  | { readonly op: 'set' | 'add'; readonly value: number | Layout }
);

/** A program with edit steps, and what these read: f32 by the name of the input tensor. */
export interface EditedProgram {
  readonly program: ForwardProgram;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** The names under which the given program's edited tensors are now written: those before the edits. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Rewrites the program: each edited tensor's own step writes it under another name, and an edit step follows. Several
 * edits of one tensor apply in the order given, whatever their slices; edits of different tensors in the order in which
 * the pass computes these.
 *
 * @param at how many steps have run: they keep what they have read, and a tensor that they wrote is edited right here,
 * for the steps to come
 * @throws `tensor-unknown`, `slice-invalid`, `edit-invalid`
 */
export function editProgram(program: ForwardProgram, edits: readonly Edit[], at = 0): EditedProgram {
  checkEdits(edits);
  if (edits.length === 0) return { program, inputs: {}, renamed: new Map() };
  const byTensor = new Map<string, Edit[]>();
  for (const edit of edits) {
    const tensor = known(program, edit.at);
    if (program.tensors[tensor]!.role === 'derived') {
      throw invalid(edit, 'the pass itself never holds it, so nothing reads it. Edit what it is derived from.');
    }
    byTensor.set(tensor, [...(byTensor.get(tensor) ?? []), edit]);
  }
  let rewritten = splitNorms(program, new Set(byTensor.keys()), at);
  let done = at;
  const inputs: Record<string, Float32Array> = {};
  const renamed = new Map<string, string>();
  for (const [tensor, list] of byTensor) {
    const { weight, offset } = composeEdits(tensor, program.tensors[tensor]!, list);
    const names = namesOf(program, tensor);
    inputs[names.weight] = weight;
    inputs[names.offset] = offset;
    renamed.set(tensor, names.before);
    const whole = weight.every((w) => w === 0);
    rewritten = insertEdit(rewritten, tensor, names, whole, aboutOf(list), done);
    if (hasRun(program, tensor, at)) done++; // its edit stands there now, and the next one after it
  }
  return { program: rewritten, inputs, renamed };
}

interface EditNames {
  readonly before: string;
  readonly weight: string;
  readonly offset: string;
}

/** Names that the program does not have yet: a tensor may be edited again after its edit has run. */
function namesOf({ tensors }: ForwardProgram, tensor: string): EditNames {
  let nth = 1;
  while (Object.hasOwn(tensors, beforeEdit(tensor, nth))) nth++;
  const suffix = nth === 1 ? '' : nth;
  return { before: beforeEdit(tensor, nth), weight: `${tensor}:weight${suffix}`, offset: `${tensor}:offset${suffix}` };
}

/** Whether the step that writes the tensor is among the first `at`. */
export function hasRun({ steps }: ForwardProgram, tensor: string, at: number): boolean {
  return steps.slice(0, at).some(({ outputs }) => Object.values(outputs).includes(tensor));
}

/**
 * @param whole whether no value of the tensor survives: then the edit does not read what was there, and a run that
 * keeps nothing of what led to it need not compute that
 * @param at the edit step's own index where the tensor was written by an earlier step that has run
 */
function insertEdit(
  program: ForwardProgram,
  tensor: string,
  { before, weight, offset }: EditNames,
  whole: boolean,
  about: string,
  at: number,
): ForwardProgram {
  const { axes, shape } = program.tensors[tensor]!;
  const input: Tensor = { axes, shape, role: 'input', type: 'f32' };
  const edit: Step = {
    kernel: 'edit',
    inputs: { x: whole ? offset : before, weight, offset },
    outputs: { y: tensor },
    uniforms: { size: sizeOf(shape) },
    about,
  };
  const renamed = (ports: Step['inputs']) =>
    Object.fromEntries(Object.entries(ports).map(([port, name]) => [port, name === tensor ? before : name]));
  const steps = program.steps.map((step, i) => {
    const { inputs, outputs } = step;
    const names = Object.values(i < at ? { ...inputs, ...outputs } : outputs);
    if (!names.includes(tensor)) return step;
    return { ...step, inputs: i < at ? renamed(inputs) : inputs, outputs: renamed(outputs) };
  });
  const writer = steps.findIndex(({ outputs }) => Object.values(outputs).includes(before));
  return {
    ...program,
    tensors: Object.fromEntries(
      Object.entries(program.tensors).flatMap(([name, layout]) =>
        name === tensor
          ? [
              [before, layout],
              [weight, input],
              [offset, input],
              [name, layout],
            ]
          : [[name, layout]],
      ),
    ),
    steps: steps.toSpliced(Math.max(at, writer + 1), 0, edit),
  };
}

/**
 * All edits of a tensor as one multiplication and one addition per element.
 *
 * @throws `slice-invalid`, `edit-invalid`
 */
export function composeEdits(tensor: string, layout: Layout, edits: readonly Edit[]) {
  const size = sizeOf(layout.shape);
  const weight = new Float32Array(size).fill(1);
  const offset = new Float32Array(size);
  for (const edit of edits) {
    const region = select(tensor, layout, edit.slice ?? {});
    if (edit.op === 'zero' || edit.op === 'set') {
      const values = edit.op === 'set' ? valuesOf(edit, region) : Float32Array.of(0);
      for (const { from, length } of region.runs) weight.fill(0, from, from + length);
      copyRepeating(values, offset, region.runs);
      continue;
    }
    const values = edit.op === 'add' ? valuesOf(edit, region) : undefined;
    let n = 0;
    for (const { from, length } of region.runs) {
      for (let i = from; i < from + length; i++, n++) {
        if (values) offset[i]! += values[n % values.length]!;
        else if (edit.op === 'scale') {
          weight[i]! *= edit.by;
          offset[i]! *= edit.by;
        }
      }
    }
  }
  return { weight, offset };
}

/**
 * What an edit sets or adds, in the order of the region's elements, over and over: the values themselves where only its
 * first axes repeat. −Infinity, as files have masked scores, becomes what the GPU has.
 */
function valuesOf(edit: Edit & { readonly op: 'set' | 'add' }, region: Layout): Float32Array {
  const { value } = edit;
  if (typeof value === 'number') return Float32Array.of(value);
  checkValues(edit, value, region);
  const { axes, shape } = value;
  const data = new Float32Array(value.data);
  for (let i = 0; i < data.length; i++) if (data[i] === -Infinity) data[i] = MASKED;
  let same = 0; // Last axes that both have: what lies along them is copied as it is.
  while (same < axes.length && axes.at(-1 - same) === region.axes.at(-1 - same)) same++;
  if (same === axes.length) return data;
  const block = sizeOf(shape.slice(shape.length - same));
  const own = stridesOf(shape);
  const outer = region.axes.slice(0, region.axes.length - same);
  const steps = outer.map((axis) => (axes.includes(axis) ? own[axes.indexOf(axis)]! : 0));
  const strides = stridesOf(region.shape);
  const spread = new Float32Array(sizeOf(region.shape));
  for (let n = 0; n < spread.length; n += block) {
    let at = 0;
    for (let i = 0; i < steps.length; i++) at += steps[i]! * (Math.floor(n / strides[i]!) % region.shape[i]!);
    spread.set(data.subarray(at, at + block), n);
  }
  return spread;
}

/** @throws `edit-invalid` */
function checkValues(edit: Edit, { axes, shape, data }: Values, region: Layout): void {
  if (sizeOf(shape) !== data.length) {
    throw invalid(
      edit,
      `its values are ${describeLayout({ axes, shape })}, ${sizeOf(shape)} elements, but ${data.length} are given.`,
    );
  }
  axes.forEach((axis, i) => {
    const at = region.axes.indexOf(axis);
    if (at < 0) throw invalid(edit, `its values have the axis ${axis}, which ${describeLayout(region)} lacks.`);
    if (region.shape[at] !== shape[i]) {
      throw invalid(
        edit,
        `its values have ${axis} ${shape[i]}, expected ${axis} ${region.shape[at]}, as in ${describeLayout(region)}.`,
      );
    }
  });
}

function copyRepeating(values: Float32Array, to: Float32Array, runs: Selection['runs']): void {
  let n = 0;
  for (const { from, length } of runs) {
    if (values.length === 1) to.fill(values[0]!, from, from + length);
    else {
      for (let at = from; at < from + length; ) {
        const first = n % values.length;
        const part = values.subarray(first, Math.min(values.length, first + from + length - at));
        to.set(part, at);
        at += part.length;
        n += part.length;
      }
    }
  }
}

/** An edit step's sentence: a sweep has hundreds of edits in one batch, so only some are told. */
function aboutOf(edits: readonly Edit[]): string {
  const told = edits.slice(0, 6).map(describeEdit).join('; ');
  return `Edits: ${told}${edits.length > 6 ? `; and ${edits.length - 6} more` : ''}.`;
}

export function invalid(edit: Edit, what: string): FluoroscopeError {
  return new FluoroscopeError('edit-invalid', `The edit "${edit.op}" at ${edit.at}: ${what}`);
}
