import type { Trace } from '../../src/index';

/** The activations of one layer's neurons in batch entry 0. */
export interface Neurons {
  readonly labels: readonly string[];
  /** All layers that have neurons. */
  readonly layers: readonly number[];
  readonly layer: number;
  /** The tensor that the values were read from. */
  readonly name: string;
  readonly count: number;
  /** Largest finite |activation| of the layer. */
  readonly largest: number;
  /** All neurons, those with the largest |activation| over the positions first; NaN is above all. */
  readonly order: readonly number[];
  /** A neuron's activation at each position. */
  values(neuron: number): Float32Array;
}

/** The layers of whose neurons the trace holds the activations. */
export function neuronLayers(trace: Trace): number[] {
  const names = trace.names.map((name) => /^blocks\.(\d+)\.mlp\.hook_post$/.exec(name)?.[1]);
  return names.filter((layer) => layer !== undefined).map(Number);
}

export async function readNeurons(trace: Trace, layer: number): Promise<Neurons> {
  const name = `blocks.${layer}.mlp.hook_post`;
  const { data, shape } = await trace.read(name, { batch: 0 });
  const [pos, count] = shape as [number, number];
  const peaks = new Float32Array(count);
  let largest = 0;
  for (let i = 0, neuron = 0; i < data.length; i++, neuron = neuron + 1 === count ? 0 : neuron + 1) {
    const size = Math.abs(data[i]!);
    if (size < Infinity) largest = Math.max(largest, size);
    peaks[neuron] = Math.max(peaks[neuron]!, Number.isNaN(size) ? Infinity : size);
  }
  const order = Array.from(peaks, (_, neuron) => neuron).sort((a, b) => peaks[b]! - peaks[a]! || a - b);
  return {
    labels: trace.labels[0]!,
    layers: neuronLayers(trace),
    layer,
    name,
    count,
    largest,
    order,
    values: (neuron) => Float32Array.from({ length: pos }, (_, p) => data[p * count + neuron]!),
  };
}
