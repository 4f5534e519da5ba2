/** What steps read and write, counted from their shapes. */
import { bytesOfPort, signatureOf } from '../kernels/signatures';
import { type ForwardProgram, readsHalves, type Step } from './program';

/** In bytes. */
export interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Inputs of which a kernel reads some elements only: uniforms whose product is how many. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'embed.table': ['rows', 'model'],
  'pos_embed.table': ['pos', 'model'],
  'extend_rows.earlier': ['batch', 'past', 'width'],
  'extend_keys.earlier': ['heads', 'past', 'past'],
};

/**
 * Of steps that one dispatch does: each tensor is read once, but for those that it writes, which it has, and all that the
 * steps write is written. Of a table the rows that are asked for count, each as often as it is.
 *
 * @param tensors of the steps' program, for what of it is held in f16
 */
export function trafficOf(steps: readonly Step[], tensors: ForwardProgram['tensors']): Traffic {
  const read = new Map<string, number>();
  const written = new Map<string, number>();
  for (const step of steps) {
    const { kernel, inputs, outputs, uniforms } = step;
    const halves = readsHalves({ tensors }, step);
    for (const port of signatureOf(kernel)!.ports) {
      const whole = bytesOfPort(port, uniforms, halves);
      const shape = TAKEN[`${kernel}.${port.name}`];
      const bytes = shape ? Math.min(whole, bytesOfPort({ ...port, shape }, uniforms, halves)) : whole;
      const input = inputs[port.name];
      if (port.access === 'write') written.set(outputs[port.name]!, bytes);
      else if (!written.has(input!)) read.set(input!, bytes);
    }
  }
  return { bytesRead: sum(read), bytesWritten: sum(written) };
}

function sum(bytes: ReadonlyMap<string, number>): number {
  return [...bytes.values()].reduce((all, one) => all + one, 0);
}
