import { type CopyingScore, copyingScores, ovCircuit, qkCircuit } from '../../analysis/circuits';
import { type CompositionScores, compositionScores } from '../../analysis/circuits-composition';
import { neuronLayerOf, type Token, textOf } from '../../analysis/ranges';
import { type SingularVector, type SvdOf, singularVectors } from '../../analysis/svd';
import { type Extremes, extremes, type ReadThrough } from '../../analysis/vocabulary';
import { loadModel } from '../../load-model';
import type { Model } from '../../loaded-model';
import type { RunInfo } from '../../trace/trace';
import type { Task } from '../task';

export interface CircuitsRequest {
  /** One head in detail; null: all heads' copying and composition scores, unless a layer is given. */
  readonly head: { readonly layer: number; readonly head: number } | null;
  /** One layer's MLP in detail: singular vectors of W_in and W_out. */
  readonly layer: number | null;
  /** Source tokens (OV) and query tokens (QK) of the head, each listed with the tokens that it favours. */
  readonly of: readonly Token[];
  /** Tokens per list. */
  readonly top: number;
  /** Singular vectors per matrix. */
  readonly count: number;
  readonly through: ReadThrough;
  /** Of the random baseline of the composition scores. */
  readonly samples: number;
  readonly seed: number;
}

/** Unit vectors left out: what they say as tokens is here. */
export type SingularTokens = Pick<SingularVector, 'value' | 'share' | 'leftTokens' | 'rightTokens'>;

export interface TokenRow extends Extremes {
  readonly token: number;
  readonly text: string;
}

export interface HeadCircuit extends CopyingScore {
  /** For each source token the logits that it raises and lowers most. */
  readonly ov: readonly TokenRow[];
  /** For each query token the keys that fit it best and worst. */
  readonly qk: readonly TokenRow[];
  readonly singular: { readonly OV: readonly SingularTokens[]; readonly QK: readonly SingularTokens[] };
}

export interface CircuitsReport extends RunInfo {
  /** All heads; null where one head or layer was asked for. */
  readonly all: { readonly copying: readonly CopyingScore[]; readonly composition: CompositionScores } | null;
  readonly head: HeadCircuit | null;
  readonly mlp: {
    readonly layer: number;
    readonly W_in: readonly SingularTokens[];
    readonly W_out: readonly SingularTokens[];
  } | null;
}

/** What the weights alone say: copying, composition, OV and QK circuits, singular vectors. */
export const circuits: Task<CircuitsRequest, CircuitsReport> = async ({ device, files, request, report }) => {
  const { samples, seed } = request;
  const model = await loadModel(files, { device });
  const count = (what: string) => (progress: { readonly done: number; readonly total: number }) =>
    report(`${what}: ${progress.done} of ${progress.total} heads`);
  const all = request.head === null &&
    request.layer === null && {
      copying: await copyingScores(model, { onProgress: count('copying scores') }),
      composition: await compositionScores(model, { samples, seed, onProgress: count('composition scores') }),
    };
  const head = request.head && (await headCircuit(model, request.head, request));
  const layer = request.layer === null ? null : neuronLayerOf(model, request.layer);
  const mlp = layer !== null && {
    layer,
    W_in: await singular(model, { of: 'W_in', layer }, request),
    W_out: await singular(model, { of: 'W_out', layer }, request),
  };
  const { name, weightsHash, adapterName: adapter } = model;
  model.dispose();
  return { result: { model: name, weightsHash, adapter, all: all || null, head, mlp: mlp || null } };
};

async function headCircuit(
  model: Model,
  at: { readonly layer: number; readonly head: number },
  request: CircuitsRequest,
): Promise<HeadCircuit> {
  const { of, top } = request;
  const [copying] = await copyingScores(model, { heads: [at] });
  const listed = async (circuit: Promise<{ readonly rows: readonly number[]; readonly data: Float32Array }>) => {
    const { rows, data } = await circuit;
    const cols = data.length / rows.length;
    return rows.map((token, row) => ({
      token,
      text: textOf(model, token),
      ...extremes(model, Float64Array.from(data.subarray(row * cols, (row + 1) * cols)), top),
    }));
  };
  return {
    ...copying!,
    ov: of.length > 0 ? await listed(ovCircuit(model, at, of)) : [],
    qk: of.length > 0 ? await listed(qkCircuit(model, at, { tokens: of })) : [],
    singular: {
      OV: await singular(model, { of: 'OV', ...at }, request),
      QK: await singular(model, { of: 'QK', ...at }, request),
    },
  };
}

async function singular(model: Model, what: SvdOf, options: CircuitsRequest): Promise<SingularTokens[]> {
  const { count, top, through } = options;
  const vectors = await singularVectors(model, what, { count, top, through });
  return vectors.map(({ value, share, leftTokens, rightTokens }) => ({ value, share, leftTokens, rightTokens }));
}
