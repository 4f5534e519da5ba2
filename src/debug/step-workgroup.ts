import { FluoroscopeError } from '../errors';
import { kernels } from '../kernels';
import type { Kernel, Variant } from '../kernels/kernel';
import { type ForwardProgram, readsHalves, type Step } from '../program/program';
import type { VariantChoice } from '../run/variants';
import { type Halves, packHalves } from '../tensor/f16';
import { kernelProblem, type PortValues } from './kernel-problem';
import { stepAt } from './step-outline';
import { WorkgroupStepper } from './workgroup';

export interface StepWorkgroupOptions {
  /** Which of the kernel's shaders; the one that ran unless given. */
  readonly variant?: string;
  /** Statements, of all lanes together, after which one call gives up. */
  readonly budget?: number;
}

/**
 * The kernel of a step and the shader that ran it, or another one by name. The interpreter has no subgroups: in place of a
 * shader that needs them it takes the clear one, unless that one is asked for.
 *
 * @param choice what the model runs, which may be a shader of the user's
 * @throws `step-invalid`
 */
export function kernelOf(step: Step, name?: string, choice?: VariantChoice): { kernel: Kernel; variant: Variant } {
  const kernel = kernels[step.kernel]!;
  const variants = new Map([...kernel.variants, ...(choice ? [choice(kernel)] : [])].map((one) => [one.name, one]));
  const ran = variants.get(step.variant ?? 'clear');
  const variant = name === undefined ? (ran?.feature ? kernel.variants[0] : ran) : variants.get(name);
  if (variant) return { kernel, variant };
  const names = [...variants.keys()].join(', ');
  throw new FluoroscopeError('step-invalid', `${kernel.name} has no shader ${name ?? step.variant}; it has: ${names}.`);
}

/**
 * Puts one workgroup of a step on the values that the pass holds.
 *
 * @param read a tensor's values as the GPU holds them, weights in the order in which they are stored
 * @throws `step-invalid`, `shader-unsupported`; as `read`
 */
export async function stepWorkgroup(
  program: ForwardProgram,
  index: number,
  workgroup: readonly [number, number, number],
  read: (name: string) => Promise<ArrayLike<number>>,
  { variant: name, ...options }: StepWorkgroupOptions = {},
  choice?: VariantChoice,
): Promise<WorkgroupStepper> {
  const step = stepAt(program, index);
  const { kernel, variant } = kernelOf(step, name, choice);
  const readPorts = async (ports: Step['inputs']) => {
    const entries = Object.entries(ports).map(async ([port, tensor]) => [port, await read(tensor)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const operands = await readPorts(step.inputs);
  const halves = readsHalves(program, step);
  const inputs: PortValues = Object.fromEntries(
    kernel.ports
      .filter(({ access }) => access === 'read')
      .map(({ name: port, type, packs }) => [port, asBytes(operands[port]!, halves && packs ? 'f16' : type)]),
  );
  return WorkgroupStepper.create({
    ...kernelProblem(kernel, variant, step.uniforms, inputs, halves),
    ...options,
    workgroup,
    expected: async () => {
      const written = await readPorts(step.outputs);
      const reference = kernel.reference(step.uniforms, operands);
      const bounds = kernel.bound(step.uniforms, operands, reference);
      return { written: written as Record<string, Float32Array>, bounds };
    },
  });
}

function asBytes(values: ArrayLike<number>, type: 'f32' | 'f16' | 'u32'): Float32Array | Uint32Array {
  if (type === 'f16') return (packHalves(Float32Array.from(values)) as Halves).words; // they come from there
  if (type === 'u32') return values instanceof Uint32Array ? values : Uint32Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
