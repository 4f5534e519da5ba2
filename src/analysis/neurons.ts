import { foldedIn, foldedOut } from './folded';
import { indexOf, neuronLayerOf } from './ranges';
import type { RunnableModel } from './runnable';
import { type Extremes, extremes, readDirection } from './vocabulary';
import { weightOf } from './weights';

export interface NeuronWeights {
  readonly layer: number;
  readonly neuron: number;
  /** The direction of the residual stream that the neuron reads [model], and its bias. */
  readonly input: Float64Array;
  readonly bias: number;
  /** The direction that it writes [model]. */
  readonly output: Float64Array;
  /** W_E·w_in: the tokens whose embeddings excite or inhibit it most; hook_pre's units, times the layernorm's scale. */
  readonly reads: Extremes;
  /** w_out·W_U: the logits that a unit of hook_post raises or lowers most; times the final layernorm's scale. */
  readonly writes: Extremes;
}

/**
 * What a neuron reads and writes by its weights alone, along the direct paths from the embedding and to the logits
 * (Geva et al. 2021, "Transformer Feed-Forward Layers Are Key-Value Memories"; the Transformer Debugger's input and
 * output tokens). Weights are folded (see `folded.ts`).
 *
 * @param options `top`: tokens to list per end; 10 unless given
 * @throws `analysis-invalid` for an attention-only model; `slice-invalid`
 */
export async function neuronWeights(
  model: RunnableModel,
  at: { readonly layer: number; readonly neuron: number },
  options: { readonly top?: number } = {},
): Promise<NeuronWeights> {
  const { top = 10 } = options;
  const layer = neuronLayerOf(model, at.layer);
  const neuron = indexOf('neuron', at.neuron, model.config.d_mlp);
  const [into, out, b_in] = await Promise.all([
    foldedIn(model, layer),
    foldedOut(model, layer),
    weightOf(model, `blocks.${layer}.mlp.b_in`),
  ]);
  const input = Float64Array.from({ length: into.rows }, (_, i) => into.data[i * into.cols + neuron]!);
  const output = Float64Array.from(out.data.subarray(neuron * out.cols, (neuron + 1) * out.cols));
  return {
    layer,
    neuron,
    input,
    bias: b_in.data[neuron]!,
    output,
    reads: extremes(model, await readDirection(model, input, 'embed'), top),
    writes: extremes(model, await readDirection(model, output, 'unembed'), top),
  };
}
