import type { Edit } from '../program/edits';
import { type Axis, describeLayout, type Layout, type TensorData } from '../tensor/layout';
import { type Slice, select } from '../tensor/slice';
import type { TraceTensor } from '../trace/trace';
import { mean, measure } from './metrics';
import { indexOf, layerOf, neuronLayerOf } from './ranges';
import type { Prompt, RunnableModel } from './runnable';
import { type Copy, refusal, type Sweep, type SweepOptions, sweep } from './sweep';
import { retainedFor } from './sweep-batches';

/** The tensor of each layer, and whether it has one part per head or per neuron. */
const SITES = {
  resid_pre: { hook: 'hook_resid_pre' },
  resid_mid: { hook: 'hook_resid_mid' },
  resid_post: { hook: 'hook_resid_post' },
  attn_out: { hook: 'hook_attn_out' },
  mlp_out: { hook: 'hook_mlp_out' },
  q: { hook: 'attn.hook_q', part: 'head' },
  k: { hook: 'attn.hook_k', part: 'head' },
  v: { hook: 'attn.hook_v', part: 'head' },
  z: { hook: 'attn.hook_z', part: 'head' },
  pattern: { hook: 'attn.hook_pattern', part: 'head' },
  neuron: { hook: 'mlp.hook_post', part: 'neuron' },
} as const satisfies Record<string, { hook: string; part?: Axis }>;

export type PatchSite = keyof typeof SITES;
export const patchSites = Object.keys(SITES) as PatchSite[];

export interface PatchingOptions extends SweepOptions {
  readonly at: PatchSite;
  /** All unless given. */
  readonly layers?: readonly number[];
  /** For q, k, v, z, pattern: all unless given. */
  readonly heads?: readonly number[];
  /** For neuron: all unless given. */
  readonly neurons?: readonly number[];
  /** `each` position on its own (unless given), `all` at once, or some. Of a pattern these are the queries. */
  readonly positions?: 'each' | 'all' | readonly number[];
}

export interface Patching extends Sweep {
  readonly at: PatchSite;
  /** Of `values`, row-major: layer, then head or neuron if the site has them, then pos unless all at once. */
  readonly axes: readonly ('layer' | 'head' | 'neuron' | 'pos')[];
  readonly shape: readonly number[];
  /** What each index along an axis stands for. */
  readonly indices: readonly (readonly number[])[];
  /** The metric of the clean prompt. */
  readonly clean: number;
  /** The metric of the corrupted prompt; the same as `base`. */
  readonly corrupted: number;
  /** (value − corrupted) / (clean − corrupted): 0 where a patch restores nothing, 1 where it restores all. */
  readonly restored: Float64Array;
}

/**
 * Activation patching ("causal tracing", "denoising"): runs the corrupted prompt with one activation at a time set to
 * its value in the clean run, and measures what that restores. The direction, sites and axes are those of
 * TransformerLens's `patching` module: `get_act_patch_resid_pre` is `resid_pre`, `get_act_patch_attn_head_out_by_pos`
 * is `z`, `…_all_pos_every` have `positions: 'all'`. Sources: Vig et al. 2020, arXiv:2004.12265; Meng et al. 2022,
 * arXiv:2202.05262; Heimersheim and Nanda 2024, arXiv:2404.15255. Exact: every patch is run, none is approximated by a
 * gradient.
 *
 * @param clean as many prompts as `corrupted`, of the same length; patched position by position
 * @throws `analysis-invalid`, `metric-invalid`; as `model.run`
 */
export async function patchActivations(
  model: RunnableModel,
  { clean, corrupted }: { readonly clean: Prompt; readonly corrupted: Prompt },
  options: PatchingOptions,
): Promise<Patching> {
  const { at, layers, heads, neurons, positions = 'each', ...rest } = options;
  const site: { hook: string; part?: 'head' | 'neuron' } = SITES[at];
  const which = at === 'neuron' ? neuronLayerOf : layerOf;
  const numbers = (layers ?? range(model.config.n_layers)).map((layer) => which(model, layer));
  const names = numbers.map((layer) => `blocks.${layer}.${site.hook}`);
  const source = await model.run(clean, { retain: retainedFor(model, clean, () => names) });
  try {
    const { pos } = source.program;
    const { part: axis } = site;
    const size = axis && names[0] !== undefined ? sizeAlong(source.layout(names[0]), axis) : 0;
    const chosen = (axis === 'neuron' ? neurons : heads) ?? range(size);
    const parts = axis ? chosen.map((i) => indexOf(axis, i, size)) : null;
    const some = positions === 'each' ? range(pos) : positions;
    const wanted = some === 'all' ? null : some.map((i) => indexOf('pos', i, pos));
    const posAxis: Axis = at === 'pattern' ? 'query' : 'pos';

    const copies: Copy[] = [];
    for (const name of names) {
      const value = await source.read(name);
      for (const part of parts ?? [null]) {
        for (const p of wanted ?? [null]) {
          const slice: Slice = {
            ...(part !== null && { [axis!]: part }),
            ...(p !== null && { [posAxis]: p }),
          };
          const where = Object.entries(slice).map(([axis, i]) => `${axis} ${i}`);
          copies.push({ name: [name, ...where].join(', '), edits: [patch(value, slice)] });
        }
      }
    }
    const cleanValue = mean(
      await measure(rest.metric, source, source.tokens.length, (entry) => `prompt ${entry} of the clean run`),
    );
    const result = await sweep(model, fitting(corrupted, source.tokens, model), copies, rest);
    const axes = [
      { axis: 'layer' as const, indices: numbers },
      ...(parts ? [{ axis: axis!, indices: parts }] : []),
      ...(wanted ? [{ axis: 'pos' as const, indices: wanted }] : []),
    ];
    return {
      ...result,
      at,
      axes: axes.map(({ axis }) => axis),
      shape: axes.map(({ indices }) => indices.length),
      indices: axes.map(({ indices }) => indices),
      clean: cleanValue,
      corrupted: result.base,
      restored: result.values.map((value) => (value - result.base) / (cleanValue - result.base) + 0), // no −0
    };
  } finally {
    source.dispose();
  }
}

/** Sets a slice to what it holds in the clean run. */
function patch(clean: TraceTensor, slice: Slice): Edit {
  return { at: clean.name, op: 'set', slice, value: sliced(clean, slice) };
}

/** A slice of values that were read already. */
export function sliced({ axes, shape, data }: TensorData, slice: Slice): TensorData {
  const region = select('values', { axes, shape }, slice);
  const out = new Float32Array(region.runs.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { from, length } of region.runs) {
    out.set(data.subarray(from, from + length), at);
    at += length;
  }
  return { axes: region.axes, shape: region.shape, data: out };
}

/** The other run's prompts as tokens, of the same number and length as this run's. @throws `analysis-invalid` */
export function fitting(prompt: Prompt, tokens: readonly (readonly number[])[], model: RunnableModel): Prompt {
  const ids = typeof prompt === 'string' ? (model.tokenizer?.encode(prompt) ?? prompt) : prompt;
  if (typeof ids === 'string') return ids; // the run refuses it with its own sentence
  const lists = (Array.isArray(ids[0]) ? ids : [ids]) as readonly (readonly number[])[];
  const [count, size] = [lists.length, lists[0]?.length ?? 0];
  if (count !== tokens.length || size !== tokens[0]!.length) {
    throw refusal(
      `The clean prompt is [batch ${tokens.length}, pos ${tokens[0]!.length}], the corrupted one [batch ${count}, pos ${size}]: ` +
        'patching needs two of the same shape. Align them token by token.',
    );
  }
  return lists;
}

function sizeAlong(layout: Layout, axis: Axis): number {
  const at = layout.axes.indexOf(axis);
  if (at < 0) throw refusal(`${describeLayout(layout)} has no axis ${axis}.`);
  return layout.shape[at]!;
}

export function range(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}
