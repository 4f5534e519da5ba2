/** What has been added to the residual stream, term by term. The ledger and the attribution read it. */
import { FluoroscopeError } from '../errors';
import { beforeEdit } from '../program/edits';
import { resolve } from '../program/program';
import { LEAST_NORMAL, ULP } from '../tensor/rounding';
import type { Slice } from '../tensor/slice';
import type { Trace } from '../trace/trace';
import { indexOf, neuronLayerOf } from './ranges';
import type { RunnableModel } from './runnable';
import { weightOf } from './weights';

/** A component that writes to the residual stream, or to the logits behind it. */
export interface Part {
  /** `hook_embed`, `blocks.0.head.3`, `blocks.0.attn.b_O`, `blocks.0.mlp`, `blocks.0.mlp.neuron.7`, … */
  readonly name: string;
  /** `mlp` is without its bias; `edit` is what an edit of the run has added. */
  readonly kind: 'embed' | 'pos_embed' | 'head' | 'mlp' | 'neuron' | 'bias' | 'edit';
  readonly layer?: number;
  readonly head?: number;
  readonly neuron?: number;
}

export interface Term extends Part {
  /** Writes into `out` [model] what the term adds at a row. */
  readonly vector: (row: number, out: Float64Array) => void;
}

/** Rows run over batch and pos, batch first. */
export interface StreamTerms {
  readonly batch: number;
  readonly pos: number;
  readonly terms: readonly Term[];
  /** The stream as the pass held it, row-major [batch, pos, model]. */
  readonly stream: Float32Array;
  /** Adds to `out` [model] how far f32 rounding can have moved the stream from the exact sum of the terms at a row. */
  readonly addBound: (row: number, out: Float64Array) => void;
}

/** The last residual stream: what the final layernorm reads. */
export function lastStream(model: RunnableModel): string {
  const { n_layers } = model.config;
  return n_layers > 0 ? `blocks.${n_layers - 1}.hook_resid_post` : 'hook_resid_post';
}

/**
 * The terms of a residual stream in the order in which the pass adds them: resid = embed + pos_embed + Σ heads + Σ MLPs
 * + biases. A head's term is z·W_O in float64 on the z that the pass held, a neuron's post·W_out likewise; an MLP's is
 * hook_mlp_out − b_out. Where the run was edited, each edit of what the stream sums is a term of its own, after − before.
 *
 * @param at a name ending in hook_resid_pre, _mid or _post
 * @param pos one position, or all
 * @param neurons layers whose MLP is taken neuron by neuron
 * @throws `tensor-unknown`, `slice-invalid`, `analysis-invalid`
 */
export async function streamTerms(
  model: RunnableModel,
  trace: Trace,
  at: string,
  pos: number | null,
  neurons: readonly number[],
): Promise<StreamTerms> {
  const perNeuron = new Set(neurons.map((layer) => neuronLayerOf(model, layer)));
  if (!/hook_resid_(pre|mid|post)$/.test(at)) {
    throw new FluoroscopeError(
      'analysis-invalid',
      `${at} is no residual stream: give a name that ends in hook_resid_pre, hook_resid_mid or hook_resid_post.`,
    );
  }
  trace.layout(at);
  const builder = new Builder(model, trace, pos);
  await builder.upTo(resolve(trace.program, at), perNeuron);
  return builder.result();
}

type Bound = (row: number, out: Float64Array) => void;

class Builder {
  readonly #terms: Term[] = [];
  readonly #bounds: Bound[] = [];
  readonly #slice: Slice;
  readonly #pos: number;
  readonly #width: number;
  #stream = new Float32Array();

  constructor(
    private readonly model: RunnableModel,
    private readonly trace: Trace,
    pos: number | null,
  ) {
    const at = pos === null ? null : indexOf('pos', pos, trace.program.pos);
    this.#slice = at === null ? {} : { pos: [at, at + 1] };
    this.#pos = at === null ? trace.program.pos : 1;
    this.#width = model.config.d_model;
  }

  result(): StreamTerms {
    return {
      batch: this.trace.program.batch,
      pos: this.#pos,
      terms: this.#terms,
      stream: this.#stream,
      addBound: (row, out) => {
        for (const bound of this.#bounds) bound(row, out);
      },
    };
  }

  async upTo(target: string, perNeuron: ReadonlySet<number>): Promise<void> {
    const { n_layers, attn_only } = this.model.config;
    await this.#whole({ name: 'hook_embed', kind: 'embed' }, 'hook_embed');
    await this.#whole({ name: 'hook_pos_embed', kind: 'pos_embed' }, 'hook_pos_embed');
    const first = n_layers > 0 ? 'blocks.0.hook_resid_pre' : 'hook_resid_post';
    if (await this.#sum(first, target)) return;
    for (let layer = 0; layer < n_layers; layer++) {
      const block = `blocks.${layer}`;
      await this.#heads(layer);
      if (await this.#sum(attn_only ? `${block}.hook_resid_post` : `${block}.hook_resid_mid`, target)) return;
      if (attn_only) continue;
      await (perNeuron.has(layer) ? this.#neurons(layer) : this.#mlp(layer));
      if (await this.#sum(`${block}.hook_resid_post`, target)) return;
    }
  }

  async #read(name: string): Promise<Float32Array> {
    return (await this.trace.read(name, this.#slice)).data;
  }

  /** What the step wrote before any edit. */
  async #written(name: string): Promise<Float32Array> {
    return this.#read(this.#isEdited(name) ? beforeEdit(name) : name);
  }

  #isEdited(name: string): boolean {
    return Object.hasOwn(this.trace.program.tensors, beforeEdit(name));
  }

  async #edit(name: string): Promise<void> {
    if (!this.#isEdited(name)) return;
    const [before, after] = await Promise.all([this.#read(beforeEdit(name)), this.#read(name)]);
    const width = this.#width;
    this.#terms.push({
      name: `edit of ${name}`,
      kind: 'edit',
      vector: (row, out) => {
        for (let i = 0; i < width; i++) out[i] = after[row * width + i]! - before[row * width + i]!;
      },
    });
  }

  /** One rounding per element of the sum that the pass wrote. @returns whether this was the stream asked for */
  async #sum(name: string, target: string): Promise<boolean> {
    const sum = await this.#written(name);
    const width = this.#width;
    this.#bounds.push((row, out) => {
      for (let i = 0; i < width; i++) out[i]! += ULP * Math.abs(sum[row * width + i]!) + 2 * LEAST_NORMAL;
    });
    await this.#edit(name);
    if (name !== target) return false;
    this.#stream = (await this.#read(name)) as Float32Array<ArrayBuffer>;
    return true;
  }

  async #whole(part: Part, name: string): Promise<void> {
    const data = await this.#written(name);
    const width = this.#width;
    this.#terms.push({
      ...part,
      vector: (row, out) => {
        for (let i = 0; i < width; i++) out[i] = data[row * width + i]!;
      },
    });
    await this.#edit(name);
  }

  #bias(name: string, layer: number, data: Float32Array): void {
    this.#terms.push({ name, kind: 'bias', layer, vector: (_, out) => out.set(data) });
  }

  async #heads(layer: number): Promise<void> {
    const attn = `blocks.${layer}.attn`;
    const { n_heads, d_head } = this.model.config;
    const [z, w, b] = await Promise.all([
      this.#read(`${attn}.hook_z`),
      weightOf(this.model, `${attn}.W_O`),
      weightOf(this.model, `${attn}.b_O`),
    ]);
    for (let head = 0; head < n_heads; head++) {
      this.#terms.push({
        name: `blocks.${layer}.head.${head}`,
        kind: 'head',
        layer,
        head,
        vector: (row, out) => {
          out.fill(0);
          accumulate(z, (row * n_heads + head) * d_head, w.data, head * d_head, d_head, out);
        },
      });
    }
    this.#bias(`${attn}.b_O`, layer, b.data);
    this.#product(z, w.data, b.data, n_heads * d_head);
    await this.#edit(`blocks.${layer}.hook_attn_out`);
  }

  async #mlp(layer: number): Promise<void> {
    const out = `blocks.${layer}.hook_mlp_out`;
    const [data, b] = await Promise.all([this.#written(out), weightOf(this.model, `blocks.${layer}.mlp.b_out`)]);
    const width = this.#width;
    this.#terms.push({
      name: `blocks.${layer}.mlp`,
      kind: 'mlp',
      layer,
      vector: (row, vector) => {
        for (let i = 0; i < width; i++) vector[i] = data[row * width + i]! - b.data[i]!;
      },
    });
    this.#bias(`blocks.${layer}.mlp.b_out`, layer, b.data);
    await this.#edit(out);
  }

  async #neurons(layer: number): Promise<void> {
    const mlp = `blocks.${layer}.mlp`;
    const { d_mlp } = this.model.config;
    const [post, w, b] = await Promise.all([
      this.#read(`${mlp}.hook_post`),
      weightOf(this.model, `${mlp}.W_out`),
      weightOf(this.model, `${mlp}.b_out`),
    ]);
    for (let neuron = 0; neuron < d_mlp; neuron++) {
      this.#terms.push({
        name: `${mlp}.neuron.${neuron}`,
        kind: 'neuron',
        layer,
        neuron,
        vector: (row, out) => {
          out.fill(0);
          accumulate(post, row * d_mlp + neuron, w.data, neuron, 1, out);
        },
      });
    }
    this.#bias(`${mlp}.b_out`, layer, b.data);
    this.#product(post, w.data, b.data, d_mlp);
    await this.#edit(`blocks.${layer}.hook_mlp_out`);
  }

  /** The matmul's own bound, (K + 2)·u·(Σ|x·w| + |bias|). */
  #product(x: Float32Array, w: Float32Array, bias: Float32Array, inner: number): void {
    const width = this.#width;
    const absolute = new Float64Array(width);
    this.#bounds.push((row, out) => {
      for (let i = 0; i < width; i++) absolute[i] = Math.abs(bias[i]!);
      for (let k = 0; k < inner; k++) {
        const value = Math.abs(x[row * inner + k]!);
        for (let i = 0; i < width; i++) absolute[i]! += value * Math.abs(w[k * width + i]!);
      }
      for (let i = 0; i < width; i++) out[i]! += (inner + 2) * (ULP * absolute[i]! + LEAST_NORMAL);
    });
  }
}

/** out += Σₖ x[from + k] · w[first + k] */
function accumulate(
  x: Float32Array,
  from: number,
  w: Float32Array,
  first: number,
  count: number,
  out: Float64Array,
): void {
  const width = out.length;
  for (let k = 0; k < count; k++) {
    const value = x[from + k]!;
    const base = (first + k) * width;
    for (let i = 0; i < width; i++) out[i]! += value * w[base + i]!;
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
