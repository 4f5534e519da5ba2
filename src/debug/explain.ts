import { FluoroscopeError } from '../errors';
import { kernels } from '../kernels';
import type { Addend, Elements, Kernel, Operands, Part } from '../kernels/kernel';
import { later } from '../program/extended-names';
import { type Fused, fusedWith } from '../program/fuse';
import type { ForwardProgram, Step } from '../program/program';
import type { GpuWeights } from '../run/gpu-weights';
import type { Index } from '../tensor/layout';
import type { Trace } from '../trace/trace';
import type { ExplainedAddend, ExplainedOperand, Explanation, Spot, StepExplanation } from './explanation';
import { assertOwn } from './own-pass';
import { type Element, elementOf, inMemory, nameOf, sliceOf, TOKENS } from './spots';
import { sumWorking } from './sum-working';
import { weightElements } from './weight-elements';

/** What an explanation is read from. */
export interface Subject {
  readonly trace: Trace;
  readonly weights: GpuWeights;
  /** Whether the trace is a pass of these very weights. */
  readonly isOwn: boolean;
}

/** How one number came about. @see Model.explain */
export async function explain(subject: Subject, name: string, index: Index): Promise<Explanation> {
  const { trace } = subject;
  if (trace.kind !== 'live') {
    const where =
      trace.kind === 'recorded'
        ? 'a recording, so the buffers that its numbers came from are gone'
        : 'of float64 on the CPU, so no buffer of a GPU holds its numbers';
    throw new FluoroscopeError(
      'not-live',
      `This trace is ${where}. Run the prompt on the model and explain that trace.`,
    );
  }
  assertOwn(trace, subject.isOwn);
  const { program } = trace;
  const element = elementOf(program, name, index);
  const { role } = program.tensors[element.key]!;
  if (role === 'weight') return explainWeight(subject, element);
  if (role === 'input') return explainInput(subject, element);
  for (const [derived, steps] of [program.steps, program.derived].entries()) {
    const step = steps.findIndex(({ outputs }) => Object.values(outputs).includes(element.key));
    if (step >= 0) return explainStep(subject, element, steps[step]!, { step, derived: derived === 1 });
  }
  throw new FluoroscopeError('tensor-unknown', `No step of this run writes ${name}: it ran without what leads there.`);
}

async function explainStep(
  subject: Subject,
  element: Element,
  step: Step,
  which: Pick<StepExplanation, 'step' | 'derived'>,
): Promise<StepExplanation> {
  const kernel = kernels[step.kernel]!;
  const { uniforms, variant: name = 'clear' } = step;
  const variant = kernel.variants.find((candidate) => candidate.name === name);
  const output = Object.entries(step.outputs).find(([, tensor]) => tensor === element.key)![0];
  const part = await kernel.part(uniforms, output, element.offset, (port, [from]) =>
    read(subject, step.inputs[port]!, { from: from!, count: 1, stride: 1 }),
  );
  const [spot, inputs] = await Promise.all([spotAt(subject, element), readPart(subject, step, part)]);
  const reference = kernel.reference(part.uniforms, inputs);
  const computed = reference[part.port]![part.offset]!;
  const bound = kernel.bound(part.uniforms, inputs, reference)[part.port]![part.offset]!;
  const error = spot.value === computed ? 0 : Math.abs(spot.value - computed);
  const operands = operandsOf(subject, kernel, step, part, inputs);
  const stored = which.derived
    ? { program: subject.trace.program, step, element }
    : storedIn(subject.trace, step, element);
  const fused = stored?.step.fusion === undefined ? undefined : fusedWith(stored.program, stored.step);
  const addends = kernel.addends?.(part.uniforms, inputs, part.port, part.offset) ?? null;
  const numbers = part.note ? [] : kernel.working?.(part.uniforms, inputs, part.port, part.offset);
  const { note } = part;
  return {
    kind: 'step',
    ...spot,
    ...which,
    reused: stored === null,
    about: step.about,
    kernel: kernel.name,
    variant: name,
    ...(fused && { fusion: fused.fusion.name }),
    entryPoint: /@compute[^{]*?\bfn\s+(\w+)/.exec((fused?.variant ?? variant)?.code ?? '')?.[1] ?? 'main',
    port: output,
    writer: stored && (writerOf(fused, stored.element) ?? unfusedWriter(stored, output)),
    formula: {
      symbolic: kernel.formula[output]!,
      numbers: numbers ?? sumWorking(output, addends ?? [], inputs, computed),
      ...(note !== undefined && { note }),
    },
    computed,
    error,
    bound,
    ok: error <= bound,
    operands: [...operands.values()],
    ...explainSum(addends, operands, computed),
  };
}

/** A step of what ran, and the element that it wrote. */
interface Stored {
  readonly program: ForwardProgram;
  readonly step: Step;
  readonly element: Element;
}

/** The element as this pass itself has stored it; null where an earlier one has, and its position was taken over. */
function storedIn({ program, ran = program, reused = 0 }: Trace, step: Step, { key, offset }: Element): Stored | null {
  if (reused === 0) return { program, step, element: { key, offset } };
  const { index } = nameOf(program, { key, offset });
  const along = index.query === undefined ? 'pos' : 'query';
  const own = ran.steps.find(({ outputs }) => Object.values(outputs).includes(later(key)));
  if (index[along]! < reused || !own) return null;
  return {
    program: ran,
    step: own,
    element: elementOf(ran, later(key), { ...index, [along]: index[along]! - reused }),
  };
}

function unfusedWriter({ step, element }: Stored, output: string): StepExplanation['writer'] {
  const { kernel, variant: name = 'clear', uniforms } = step;
  const variant = kernels[kernel]!.variants.find((candidate) => candidate.name === name);
  return variant?.writer?.(uniforms, output, element.offset) ?? null;
}

/** The invocation of the fused dispatch that stored the element. */
function writerOf(fused: Fused | undefined, { key, offset }: Element): StepExplanation['writer'] {
  if (!fused) return null;
  const { variant, call } = fused;
  const [port] = Object.entries(call.outputs).find(([, tensor]) => tensor === key)!;
  return variant.writer?.(call.uniforms, port, offset) ?? null;
}

async function explainWeight(subject: Subject, element: Element): Promise<Explanation> {
  const { tensors } = subject.trace.program;
  const tensor = tensors[element.key]!;
  const { owner, label, before } = memoryOf(subject, element);
  return {
    kind: 'weight',
    ...(await spotAt(subject, element)),
    operands: [],
    stored: {
      tensor: label,
      axes: inMemory(tensor).axes,
      offset: before + element.offset,
      rows: tensor.part ? [tensor.part.from, tensor.part.to] : null,
      ...(tensor.precision && { precision: tensor.precision }),
      shared: Object.entries(tensors).some(([key, { shares }]) => shares === owner && key !== owner),
    },
  };
}

async function explainInput(subject: Subject, element: Element): Promise<Explanation> {
  const token = element.key === TOKENS;
  const text = token ? subject.trace.labels.flat()[element.offset]! : null;
  return { kind: token ? 'token' : 'input', ...(await spotAt(subject, element)), operands: [], text };
}

/** Which tensor owns the memory, in which buffer, after how many elements of others. */
function memoryOf({ trace: { program } }: Subject, { key }: Element) {
  const owner = program.tensors[key]!.shares ?? key;
  const { buffer = owner, offset = 0 } = program.tensors[owner]!.within ?? {};
  return { owner, label: buffer, before: offset };
}

async function spotAt(subject: Subject, element: Element): Promise<Spot> {
  const values = await read(subject, element.key, { from: element.offset, count: 1, stride: 1 });
  const { label, before } = memoryOf(subject, element);
  const { precision } = subject.trace.program.tensors[element.key]!;
  return {
    ...nameOf(subject.trace.program, element),
    buffer: { label, byteOffset: (precision ? 2 : 4) * (before + element.offset) },
    value: values[0]!,
    bits: new Uint32Array(values.buffer, values.byteOffset, 1)[0]!,
  };
}

/** Elements of a tensor of the program, as the GPU holds them. */
async function read({ trace, weights }: Subject, key: string, elements: Elements): Promise<Float32Array | Uint32Array> {
  if (elements.count === 0) return new Float32Array();
  const { from, count, stride } = elements;
  if (key === TOKENS) {
    const ids = trace.tokens.flat();
    return Uint32Array.from({ length: count }, (_, i) => ids[from + i * stride]!);
  }
  const tensor = trace.program.tensors[key]!;
  if (tensor.role === 'weight') return weightElements(weights, key, tensor.precision, elements);
  const { data } = await trace.read(key, sliceOf(tensor, elements));
  if (data.length !== count) throw new Error(`${key}: ${count} elements ${stride} apart are no slice`); // never a box
  return tensor.type === 'u32' ? new Uint32Array(data.buffer, data.byteOffset, count) : data;
}

/** The small problem's operands. What it does not depend on is NaN, so that a part which leaves something out shows. */
async function readPart(subject: Subject, step: Step, part: Part): Promise<Operands> {
  const ports = Object.entries(part.inputs).map(async ([port, elements]) => {
    const values = await read(subject, step.inputs[port]!, elements);
    if (!elements.at) return [port, values] as const;
    const placed = new Float64Array(elements.at + values.length).fill(Number.NaN);
    placed.set(values, elements.at);
    return [port, placed] as const;
  });
  return Object.fromEntries(await Promise.all(ports));
}

/** By port and place in the small problem, in the order of the kernel's ports. */
function operandsOf(
  { trace: { program } }: Subject,
  kernel: Kernel,
  step: Step,
  { inputs: parts }: Part,
  inputs: Operands,
): Map<string, ExplainedOperand> {
  const operands = new Map<string, ExplainedOperand>();
  for (const { name: port, access } of kernel.ports) {
    if (access === 'write') continue;
    const { from, count, stride, at = 0 } = parts[port]!;
    const key = step.inputs[port]!;
    const role = program.tensors[key]!.role as ExplainedOperand['role'];
    for (let i = 0; i < count; i++) {
      const named = nameOf(program, { key, offset: from + i * stride });
      operands.set(`${port} ${at + i}`, { port, ...named, value: inputs[port]![at + i]!, role });
    }
  }
  return operands;
}

function explainSum(
  addends: readonly Addend[] | null,
  operands: ReadonlyMap<string, ExplainedOperand>,
  sum: number,
): Pick<StepExplanation, 'addends' | 'magnitude' | 'cancellation'> {
  if (!addends) return { addends: null, magnitude: null, cancellation: null };
  let running = 0;
  const sorted = [...addends].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const explained = sorted.map(({ value, factors, times }): ExplainedAddend => {
    running += value;
    const of = factors.map(({ port, at }) => operands.get(`${port} ${at}`)!);
    return { value, running, operands: of, ...(times !== undefined && { times }) };
  });
  const magnitude = addends.reduce((total, { value }) => total + Math.abs(value), 0);
  return { addends: explained, magnitude, cancellation: magnitude === 0 ? 1 : magnitude / Math.abs(sum) };
}
