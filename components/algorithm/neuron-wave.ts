/** What one neuron does for every pair of operands. */
import type { Matrix } from '../shared/bitmap';
import type { PageModel } from '../shared/run-context';

export interface Wave {
  readonly neuron: number;
  readonly weightsHash: string;
  /** Row a, column b. */
  readonly matrix: Matrix;
  readonly min: number;
  readonly max: number;
}

const NAME = 'blocks.0.mlp.hook_post';

/**
 * One run of all p² prompts `a b =`, and of it one neuron's activations at the end.
 *
 * @throws as `model.run`
 */
export async function readWave(model: PageModel, modulus: number, neuron: number): Promise<Wave> {
  const prompts = Array.from({ length: modulus * modulus }, (_, i) => [Math.floor(i / modulus), i % modulus, modulus]);
  const trace = await model.run(prompts, { retain: [NAME], output: NAME, positions: [-1] });
  try {
    const { data: values } = await trace.read(NAME, { pos: 0, neuron });
    const [min, max] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [0, 0]);
    return {
      neuron,
      weightsHash: model.weightsHash,
      matrix: { rows: modulus, cols: modulus, values },
      min,
      max,
    };
  } finally {
    trace.dispose();
  }
}
