import { allHeads } from '../../analysis/circuits';
import { type HeadScore, headScores } from '../../analysis/head-scores';
import type { RunnableModel } from '../../analysis/runnable';
import { MOST } from '../heads';
import type { Place } from '../hypothesis';
import type { Rows, Subject } from '../subject';

export interface HeadAt {
  readonly layer: number;
  readonly head: number;
}

/** Prompts whose patterns are scored. */
const SCORED = 16;

export interface Structure {
  readonly scores: readonly HeadScore[];
  /** Heads that attend to the position before, below some induction head. */
  readonly previous: readonly HeadAt[];
  /** Heads that attend behind the earlier occurrence of the token, above some previous-token head. */
  readonly induction: readonly HeadAt[];
}

export async function findStructure({ model, behaviour }: Subject): Promise<Structure> {
  const retain = layersOf(model).map((layer) => `blocks.${layer}.attn.hook_pattern`);
  const trace = await model.run(behaviour.prompts.slice(0, SCORED), { retain });
  const scores = await headScores(trace).finally(() => trace.dispose());
  const looksBack = scores.filter(({ previousToken }) => previousToken! >= MOST);
  const looksUp = scores.filter(({ induction }) => induction! >= MOST);
  return {
    scores,
    previous: looksBack.filter(({ layer }) => looksUp.some((above) => above.layer > layer)).map(headAt),
    induction: looksUp.filter(({ layer }) => looksBack.some((below) => below.layer < layer)).map(headAt),
  };
}

/** Of tensors with heads as the first axis of a row: how long a head's part is. */
const LENGTHS = {
  hook_z: ({ config }: RunnableModel) => config.d_head,
  hook_pattern: (_: RunnableModel, length: number) => length,
} as const;

/**
 * Some heads' parts of a tensor: one place for each layer; of no dimensions in the layers that have none of them.
 *
 * @param layers those of the heads unless given
 */
export function headPlaces(
  { model, behaviour }: Pick<Subject, 'model' | 'behaviour'>,
  tensor: keyof typeof LENGTHS,
  heads: readonly HeadAt[],
  layers: readonly number[] = [...new Set(heads.map(({ layer }) => layer))],
): Place[] {
  const size = LENGTHS[tensor](model, behaviour.prompts[0]!.length);
  return layers.map((layer) => ({
    at: `blocks.${layer}.attn.${tensor}`,
    basis: heads
      .filter((one) => one.layer === layer)
      .flatMap(({ head }) =>
        Array.from({ length: size }, (_, i) => {
          const unit = new Float64Array(model.config.n_heads * size);
          unit[head * size + i] = 1;
          return unit;
        }),
      ),
  }));
}

/** What a head's part of such a tensor holds; the tensor is read once for all its heads. */
export async function headRows(subject: Subject, tensor: keyof typeof LENGTHS, { layer, head }: HeadAt): Promise<Rows> {
  const at = `blocks.${layer}.attn.${tensor}`;
  const { axes, shape, width: all, data, ...rest } = await subject.rows({ at });
  const width = all / shape[0]!;
  const own = new Float32Array(data.length / shape[0]!);
  for (let i = 0; i * width < own.length; i++) {
    own.set(data.subarray(i * all + head * width, i * all + (head + 1) * width), i * width);
  }
  return { ...rest, place: { at, slice: { head } }, axes: axes.slice(1), shape: shape.slice(1), width, data: own };
}

/** The heads of the same layers that are not among them. */
export function besides(model: RunnableModel, heads: readonly HeadAt[]): HeadAt[] {
  const names = new Set(heads.map(nameOf));
  return allHeads(model).filter((one) => heads.some(({ layer }) => layer === one.layer) && !names.has(nameOf(one)));
}

const layersOf = ({ config }: RunnableModel): number[] => [...Array(config.n_layers).keys()];

export const nameOf = ({ layer, head }: HeadAt): string => `${layer}.${head}`;

const headAt = ({ layer, head }: HeadAt): HeadAt => ({ layer, head });
