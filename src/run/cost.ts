/** What a pass asks of the device, counted from its shapes: step by step, or dispatch by dispatch. */
import { kernels } from '../kernels';
import { fusedSteps } from '../program/fuse';
import type { ForwardProgram, Step } from '../program/program';
import { type Traffic, trafficOf } from '../program/traffic';

/** Bytes are the least traffic, if nothing is cached: each operand once, of a table the rows that are asked for. */
export interface StepCost extends Traffic {
  /** Floating-point operations, a multiply-add counted as two; those of masked scores too. */
  readonly flops: number;
  /** Operations per byte read or written. */
  readonly intensity: number;
}

/**
 * Of a step in a dispatch of its own.
 *
 * @param tensors of the step's program, for what of it is held in f16
 */
export function stepCost(step: Step, tensors: ForwardProgram['tensors'] = {}): StepCost {
  return costOf([step], tensors);
}

/** Of each dispatch of a pass, in order: what a fused step takes from the one before it is not read again. */
export function dispatchCosts(program: ForwardProgram): StepCost[] {
  const { steps, tensors } = program;
  const fused = new Map(fusedSteps(program, steps).map(({ first, fusion }) => [first, fusion.kernels.length]));
  const costs: StepCost[] = [];
  for (let first = 0, count: number; first < steps.length; first += count) {
    count = fused.get(first) ?? 1;
    costs.push(costOf(steps.slice(first, first + count), tensors));
  }
  return costs;
}

function costOf(steps: readonly Step[], tensors: ForwardProgram['tensors']): StepCost {
  const flops = steps.reduce((sum, { kernel, uniforms }) => sum + kernels[kernel]!.flops(uniforms), 0);
  const traffic = trafficOf(steps, tensors);
  return { flops, ...traffic, intensity: flops / (traffic.bytesRead + traffic.bytesWritten) };
}
