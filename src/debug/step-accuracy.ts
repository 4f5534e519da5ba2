import { kernels } from '../kernels';
import type { ForwardProgram } from '../program/program';
import { type Index, indexAt } from '../tensor/layout';
import { stepAt } from './step-outline';

/** One element beside float64 evaluated on the very inputs that its step read. */
export interface ElementError {
  readonly at: Index;
  readonly value: number;
  readonly expected: number;
  /** |value − expected| */
  readonly error: number;
  /** The error in units in the last place of `expected`, as f32 has them there. */
  readonly ulps: number;
  readonly bound: number;
  /** error / bound; 0 where both are 0. */
  readonly ratio: number;
}

export interface OutputAccuracy {
  readonly tensor: string;
  readonly port: string;
  readonly elements: number;
  /** How many are float64's value rounded to f32. */
  readonly exact: number;
  /** Where the error is largest. */
  readonly largest: ElementError;
  /** Where the error is largest beside its bound. */
  readonly worst: ElementError;
  readonly ok: boolean;
}

/**
 * How far each output of a step lies from float64 on the same inputs.
 *
 * @param read a tensor's values as the GPU holds them, weights in the order in which they are stored
 * @throws `step-invalid`; as `read`
 */
export async function stepAccuracy(
  program: ForwardProgram,
  index: number,
  read: (name: string) => Promise<ArrayLike<number>>,
): Promise<OutputAccuracy[]> {
  const { kernel: name, inputs: tensors, outputs, uniforms } = stepAt(program, index);
  const kernel = kernels[name]!;
  const ports = Object.entries(tensors);
  const values = await Promise.all(ports.map(([, tensor]) => read(tensor)));
  const inputs = Object.fromEntries(ports.map(([port], i) => [port, values[i]!]));
  const reference = kernel.reference(uniforms, inputs);
  const bounds = kernel.bound(uniforms, inputs, reference);
  return Promise.all(
    Object.entries(outputs).map(async ([port, tensor]): Promise<OutputAccuracy> => {
      const [got, expected, bound] = [await read(tensor), reference[port]!, bounds[port]!];
      const errorAt = (i: number) => elementError(got[i]!, expected[i]!, bound[i]!);
      let [exact, largest, worst, ok] = [0, 0, 0, true];
      let [most, mostBeside] = [errorAt(0), errorAt(0)];
      for (let i = 0; i < expected.length; i++) {
        const here = errorAt(i);
        if (got[i] === Math.fround(expected[i]!)) exact++;
        if (!(here.ratio <= 1)) ok = false;
        if (here.error > most.error || (Number.isNaN(here.error) && !Number.isNaN(most.error))) {
          [largest, most] = [i, here];
        }
        if (here.ratio > mostBeside.ratio) [worst, mostBeside] = [i, here];
      }
      const layout = program.tensors[tensor]!;
      return {
        tensor,
        port,
        elements: expected.length,
        exact,
        largest: { at: indexAt(layout, largest), ...most },
        worst: { at: indexAt(layout, worst), ...mostBeside },
        ok,
      };
    }),
  );
}

function elementError(value: number, expected: number, bound: number): Omit<ElementError, 'at'> {
  const error = value === expected ? 0 : Math.abs(value - expected); // 0 for equal infinities
  const ratio = error === 0 ? 0 : error / bound;
  return { value, expected, error, ulps: error / ulpAt(expected), bound, ratio: ratio >= 0 ? ratio : Infinity };
}

/** The distance between neighbouring f32 values there; among subnormals, theirs. */
export function ulpAt(value: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return 2 ** (Math.max(Number.isFinite(exponent) ? exponent : -126, -126) - 23);
}
