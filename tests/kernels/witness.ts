/** Sets a shader's output against the float64 reference on the same inputs: each value must lie within the bound. */
import { Gpu } from '../../src/gpu/gpu';
import {
  type Kernel,
  type Operands,
  portSize,
  type Results,
  type Uniforms,
  type Variant,
} from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';

export type Inputs = Readonly<Record<string, Float32Array | Uint32Array>>;

/** What the outputs are set against. */
export interface Truth {
  readonly reference: Results;
  readonly bounds: Results;
}

export function truthOf(kernel: Kernel, values: Uniforms, inputs: Operands): Truth {
  const reference = kernel.reference(values, inputs);
  return { reference, bounds: kernel.bound(values, inputs, reference) };
}

export interface Verdict {
  /** The largest |difference| / bound of all outputs. 1 is the limit; Infinity where a value is NaN. */
  readonly ratio: number;
  /** The first value beyond its bound, in words. */
  readonly miss: string | undefined;
}

/** Judges outputs against the reference. A NaN is a miss, and so is an output that is too short. */
export function judge(kernel: Kernel, label: string, values: Uniforms, outputs: Operands, truth: Truth): Verdict {
  const { reference, bounds } = truth;
  let ratio = 0;
  let miss: string | undefined;
  for (const port of kernel.ports) {
    if (port.access === 'read') continue;
    const [got, expected, bound] = [outputs[port.name]!, reference[port.name]!, bounds[port.name]!];
    for (let i = 0; i < portSize(port, values); i++) {
      const difference = Math.abs(got[i]! - expected[i]!);
      if (difference <= bound[i]!) {
        if (difference > 0) ratio = Math.max(ratio, difference / bound[i]!);
        continue;
      }
      ratio = Math.max(ratio, difference / bound[i]! || Infinity);
      const at = `${port.name}[${axes(port.shape, values, i)}]`;
      miss ??= `${label}: ${at} is ${got[i]}, float64 ${expected[i]}: they differ by ${difference}, the bound is ${bound[i]}`;
    }
  }
  return { ratio, miss };
}

/** Every element of every output, moved by `by` to either side, one at a time. */
export function* moved(
  outputs: Operands,
  by: (port: string, i: number) => number,
): Generator<[place: string, Operands]> {
  for (const [port, values] of Object.entries(outputs)) {
    for (let i = 0; i < values.length; i++) {
      for (const sign of [1, -1]) {
        const wrong = Float64Array.from(values);
        wrong[i]! += sign * by(port, i);
        yield [`${port}[${i}] ${sign > 0 ? 'above' : 'below'}`, { ...outputs, [port]: wrong }];
      }
    }
  }
}

/** `rows 3, cols 0`: the place of a flat index, by axis name. */
function axes(shape: readonly string[], values: Uniforms, index: number): string {
  let rest = index;
  const places = shape.toReversed().map((name) => {
    const place = rest % values[name]!;
    rest = Math.floor(rest / values[name]!);
    return `${name} ${place}`;
  });
  return places.toReversed().join(', ');
}

/** Runs the variants on the test device. Throws on the first value beyond its bound; else the largest ratio to it. */
export async function witness(
  kernel: Kernel,
  values: Uniforms,
  inputs: Inputs,
  variants: readonly Variant[] = kernel.variants,
): Promise<number> {
  const gpu = Gpu.of(await testDevice());
  const truth = truthOf(kernel, values, inputs);
  let largest = 0;
  for (const variant of variants) {
    const outputs = await runKernel(gpu, kernel, variant, values, inputs);
    const { ratio, miss } = judge(kernel, `${kernel.name} (${variant.name})`, values, outputs, truth);
    if (miss) throw new Error(miss);
    largest = Math.max(largest, ratio);
  }
  return largest;
}
