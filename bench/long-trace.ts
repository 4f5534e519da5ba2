/** A recorded pass of a long prompt through a model of GPT-2's small size, made of noise: what long inputs ask of a page. */
import { parseConfig } from '../src/model/config';
import { transformer } from '../src/model/transformer';
import { weightTable } from '../src/model/weight-table';
import { hookNames } from '../src/program/program';
import { sizeOf } from '../src/tensor/layout';
import { gaussian, uniform } from '../src/tensor/random';
import { gather, select } from '../src/tensor/slice';
import type { Trace } from '../src/trace/trace';
import { writeTrace } from '../src/trace/write';

export const POS = 128;
export const LAYERS = 12;
export const HEADS = 12;

const CONFIG = {
  n_layers: LAYERS,
  n_heads: HEADS,
  d_model: 768,
  d_head: 64,
  d_mlp: 3072,
  d_vocab: 4096,
  n_ctx: POS,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
};

/** All attention, the neurons of two layers, the logits: 20 MB. */
const KEPT = /hook_pattern$|^blocks\.[01]\.mlp\.hook_post$|^unembed\.hook_out$/;

export async function longTraceFile(): Promise<Uint8Array<ArrayBuffer>> {
  const { config } = parseConfig(CONFIG, 'config.json');
  const program = transformer(config, weightTable(config, false, 2 ** 30), 1, POS);
  const names = hookNames(program).filter((name) => KEPT.test(name));
  const layout = (name: string) => ({ ...program.tensors[program.aliases[name] ?? name]!, derived: false });
  const trace: Trace = {
    kind: 'recorded',
    info: { model: 'noise', weightsHash: '', adapter: '' },
    program,
    edits: [],
    tokens: [Array.from({ length: POS }, (_, i) => i)],
    labels: [Array.from({ length: POS }, (_, i) => (i % 7 === 0 ? '\n' : ` word${i}`))],
    names,
    bytes: 0,
    layout,
    read: async (name, slice = {}) => {
      const { axes, shape } = layout(name);
      const data = name.endsWith('hook_pattern')
        ? attention(names.indexOf(name))
        : noise(sizeOf(shape), names.indexOf(name));
      const selection = select(name, { axes, shape }, slice);
      return { name, derived: false, axes: selection.axes, shape: selection.shape, data: gather(data, selection) };
    },
    dispose: () => undefined,
  };
  return writeTrace(trace, { hooks: names });
}

function noise(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, gaussian(seed));
}

/** Causal rows that add up to 1, some of them sharp. [1, head, query, key] */
function attention(seed: number): Float32Array {
  const next = uniform(seed);
  const data = new Float32Array(HEADS * POS * POS);
  for (let row = 0; row < HEADS * POS; row++) {
    const keys = (row % POS) + 1;
    const sharp = 1 + 30 * next();
    const weights = Array.from({ length: keys }, () => next() ** sharp + 1e-6);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    data.set(
      weights.map((weight) => weight / sum),
      row * POS,
    );
  }
  return data;
}
