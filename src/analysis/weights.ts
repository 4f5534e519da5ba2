import type { TensorData } from '../tensor/layout';
import type { RunnableModel } from './runnable';

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
