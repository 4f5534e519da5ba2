import type { TensorData } from '../tensor/layout';
import type { RunnableModel } from './runnable';

/** Row-major numbers; f32 where they are a weight as it is stored. */
export interface Folded {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array | Float64Array;
}

const read = new WeakMap<RunnableModel, Map<string, Promise<TensorData>>>();

/** A weight, read from the GPU once per model: weights do not change. */
export function weightOf(model: RunnableModel, name: string): Promise<TensorData> {
  let weights = read.get(model);
  if (!weights) read.set(model, (weights = new Map()));
  let weight = weights.get(name);
  if (!weight) {
    weight = model.weight(name);
    weights.set(name, weight);
    weight.catch(() => weights.delete(name)); // A failure is no weight: the next asks again.
  }
  return weight;
}
