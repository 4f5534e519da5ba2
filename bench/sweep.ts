import { logitDifference, measure } from '../src/analysis/metrics';
import { patchActivations } from '../src/analysis/sweep-patching';
import type { Model } from '../src/loaded-model';
import { interleaved, medianRatio, type Times } from './timing';

export interface SweepReport {
  readonly what: string;
  readonly patches: number;
  /** Per patch: a run with one edit, as a hook would do it. Measured on some of the patches. */
  readonly oneByOne: Times;
  /** Per patch: the whole sweep, its reading of both prompts included. */
  readonly batched: Times;
  readonly ratioOfMin: number;
  readonly medianRatio: number;
  /** Of a sweep after the first: submits, those of its readings included, and buffers created. */
  readonly submits: number;
  readonly allocations: number;
}

const POS = 32;
const ROUNDS = 3;
/** Every so many patches one is measured on its own: prime, so that all layers, heads and positions have their turn. */
const STRIDE = 17;

/** Activation patching of every head's z at every position. Throws where a batch's value is not the single run's. */
export async function measureSweep(model: Model): Promise<SweepReport> {
  const { n_layers, n_heads, d_vocab } = model.config;
  const clean = Array.from({ length: POS }, (_, pos) => (pos * 37) % d_vocab);
  const corrupted = clean.map((id, pos) => (pos === 3 ? id + 1 : id));
  const metric = logitDifference(1, 2);
  const patches = n_layers * n_heads * POS;
  const source = await model.run(clean);
  const numbers = Array.from({ length: Math.ceil(patches / STRIDE) }, (_, i) => i * STRIDE);
  const edits = await Promise.all(
    numbers.map(async (i) => {
      const at = `blocks.${Math.floor(i / POS / n_heads)}.attn.hook_z`;
      const slice = { batch: 0, head: Math.floor(i / POS) % n_heads, pos: i % POS };
      return { at, slice, op: 'set', value: await source.read(at, slice) } as const;
    }),
  );
  source.dispose();
  let values: Float64Array = new Float64Array();
  const oneByOne = async () => {
    for (const [e, edit] of edits.entries()) {
      const trace = await model.run(corrupted, { retain: [], edits: [edit] });
      const [value] = await measure(metric, trace).finally(() => trace.dispose());
      if (values.length > 0 && value !== values[numbers[e]!]) {
        throw new Error(`patch ${numbers[e]} of the sweep is ${values[numbers[e]!]} in a batch and ${value} alone`);
      }
    }
  };
  const batched = async () => {
    ({ values } = await patchActivations(model, { clean, corrupted }, { at: 'z', metric }));
  };
  const units = [edits.length, patches];
  const [one, all] = (await interleaved([oneByOne, batched], ROUNDS, units)) as [Times, Times];
  const before = { ...model.counters };
  await batched();
  const { submits, allocations } = model.counters;
  return {
    what: `${n_layers} layers × ${n_heads} heads × ${POS} positions of ${model.name}`,
    patches,
    oneByOne: one,
    batched: all,
    ratioOfMin: one.minMs / all.minMs,
    medianRatio: medianRatio(one, all),
    submits: submits - before.submits,
    allocations: allocations - before.allocations,
  };
}
