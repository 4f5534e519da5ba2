import { ProgramBuilder } from '../program/builder';
import type { ForwardProgram, Tensor } from '../program/program';
import type { ModelConfig } from './config';

/** The weights that a program may name: the config's own, with large ones in parts. */
export type WeightTable = Readonly<Record<string, Omit<Tensor, 'role' | 'type'>>>;

/** Decoder or encoder blocks in the order of GPT-2: norm, attention, add, norm, MLP, add. Names are TransformerLens's. */
export function transformer(config: ModelConfig, weights: WeightTable, batch: number, pos: number): ForwardProgram {
  const p = new ProgramBuilder({
    batch,
    pos,
    query: pos,
    key: pos,
    head: config.n_heads,
    model: config.d_model,
    dim: config.d_head,
    neuron: config.d_mlp,
    vocab: config.d_vocab_out,
    one: 1,
  });
  for (const [name, weight] of Object.entries(weights)) p.weight(name, weight);
  const pass = new Pass(p, config, weights, batch, pos);

  let stream = pass.embedding();
  for (let layer = 0; layer < config.n_layers; layer++) stream = pass.block(`blocks.${layer}`, stream);
  const normalized = pass.norm('ln_final', stream, 'the last residual stream');
  return p.build(pass.unembedding(normalized));
}

/** One method per part of the network; each returns the name of the tensor that the next part reads. */
class Pass {
  readonly #rows: number;

  constructor(
    private readonly p: ProgramBuilder,
    private readonly config: ModelConfig,
    private readonly weights: WeightTable,
    private readonly batch: number,
    private readonly pos: number,
  ) {
    this.#rows = batch * pos;
  }

  /** → resid_pre of block 0 [batch, pos, model] */
  embedding(): string {
    const { p, config, batch, pos } = this;
    p.input('tokens', p.layout('batch pos'));
    const embedded = this.#lookUp('embed.W_E', 'hook_embed');
    const table = 'pos_embed.W_pos';
    const positions = p.activation('hook_pos_embed', p.layout('batch pos model'));
    const sizes = { batch, pos, model: config.d_model, n_ctx: config.n_ctx };
    p.step('pos_embed', { table }, { out: positions }, sizes, 'Looks up the vector of each position.');
    const about = 'Starts the residual stream: token plus position.';
    return this.#add(embedded, positions, config.n_layers ? 'blocks.0.hook_resid_pre' : 'hook_resid_post', about);
  }

  /** resid_pre [batch, pos, model] → resid_post [batch, pos, model] */
  block(block: string, stream: string): string {
    const { p, config } = this;
    const pre = `${block}.hook_resid_pre`;
    if (stream !== pre) p.alias(pre, stream);
    const attnOut = this.#attention(block, stream);
    const post = `${block}.hook_resid_post`;
    if (config.attn_only) return this.#add(stream, attnOut, post, 'Adds what the heads wrote to the residual stream.');
    const mid = `${block}.hook_resid_mid`;
    this.#add(stream, attnOut, mid, 'Adds what the heads wrote to the residual stream.');
    return this.#add(mid, this.#mlp(block, mid), post, 'Adds what the neurons wrote to the residual stream.');
  }

  /** [batch, pos, model] → what the next matmul reads, [batch, pos, model] */
  norm(ln: string, stream: string, what: string): string {
    const { p, config } = this;
    if (config.normalization_type === null) return stream;
    const scale = p.activation(`${ln}.hook_scale`, p.layout('batch pos one'));
    const normalized = p.activation(`${ln}.hook_normalized`, p.layout('batch pos model'));
    const sizes = { rows: this.#rows, cols: config.d_model, eps: config.eps };
    if (config.normalization_type === 'LNPre') {
      p.step('normalize', { x: stream }, { scale, normalized }, sizes, `Centres and scales ${what}.`);
      return normalized;
    }
    const out = p.activation(`${ln}.hook_out`, p.layout('batch pos model'));
    const inputs = { x: stream, gain: `${ln}.w`, bias: `${ln}.b` };
    p.step('layernorm', inputs, { scale, normalized, out }, sizes, `Centres and scales ${what}, then gain and bias.`);
    return out;
  }

  /** [batch, pos, model] → logits [batch, pos, vocab] */
  unembedding(x: string): string {
    const { p, config, weights } = this;
    const parts = partsOf(weights, 'unembed.W_U');
    const logits = 'unembed.hook_out';
    let joined: { name: string; cols: number } | undefined;
    parts.forEach(({ from, to, suffix }, i) => {
      const cols = to - from;
      const layout = p.layout('batch pos vocab', { vocab: cols });
      const name = p.activation(parts.length === 1 ? logits : `${logits}${suffix}`, layout);
      const inputs = { x, w: `unembed.W_U${suffix}`, bias: `unembed.b_U${suffix}` };
      const sizes = { rows: this.#rows, inner: config.d_model, cols };
      p.step('unembed', inputs, { y: name }, sizes, 'Logits: how well each position fits each next token.');
      joined = joined
        ? this.#join(joined, { name, cols }, i === parts.length - 1 ? logits : `${logits}[0:${to}]`)
        : { name, cols };
    });
    return logits;
  }

  /** [batch, pos, model] → attn_out [batch, pos, model] */
  #attention(block: string, stream: string): string {
    const { p, config, batch, pos } = this;
    const attn = `${block}.attn`;
    const { n_heads: head, d_head: dim, d_model: model } = config;
    const x = this.norm(`${block}.ln1`, stream, 'the residual stream that attention reads');
    const project = (letter: 'Q' | 'K' | 'V', about: string) => {
      const y = p.activation(`${attn}.hook_${letter.toLowerCase()}`, p.layout('batch pos head dim'));
      const inputs = { x, w: `${attn}.W_${letter}`, bias: `${attn}.b_${letter}` };
      p.step('matmul', inputs, { y }, { rows: this.#rows, inner: model, cols: head * dim }, about);
      return y;
    };
    const q = project('Q', 'What each head looks for.');
    const k = project('K', 'What each position offers to be found by.');
    const v = project('V', 'What each position hands over when it is attended to.');

    const sizes = { batch, head, query: pos, key: pos, dim };
    const scores = p.activation(`${attn}.hook_attn_scores`, p.layout('batch head query key'));
    const causal = Number(config.attention_dir === 'causal');
    const mask = causal ? ', and no look ahead' : '';
    const scaled = { ...sizes, scale: 1 / Math.sqrt(dim), causal };
    p.step('attn_scores', { q, k }, { scores }, scaled, `How well each query fits each key: q·k / √${dim}${mask}.`);
    const pattern = p.activation(`${attn}.hook_pattern`, p.layout('batch head query key'));
    const rows = { rows: batch * head * pos, cols: pos };
    p.step('softmax', { x: scores }, { y: pattern }, rows, 'Where each head attends: a softmax over the keys.');
    const z = p.activation(`${attn}.hook_z`, p.layout('batch pos head dim'));
    p.step('attn_mix', { pattern, v }, { z }, sizes, 'Each head mixes the values by its pattern.');

    const derived = { rows: this.#rows, head, dim, model };
    p.derive(`${attn}.hook_result`, p.layout('batch pos head model'), {
      kernel: 'head_result',
      inputs: { z, w: `${attn}.W_O` },
      port: 'result',
      uniforms: derived,
      about: 'What each head alone writes into the residual stream.',
    });
    const out = p.activation(`${block}.hook_attn_out`, p.layout('batch pos model'));
    const inputs = { x: z, w: `${attn}.W_O`, bias: `${attn}.b_O` };
    const about = 'What all heads together write.';
    p.step('matmul', inputs, { y: out }, { rows: this.#rows, inner: head * dim, cols: model }, about);
    return out;
  }

  /** [batch, pos, model] → mlp_out [batch, pos, model] */
  #mlp(block: string, stream: string): string {
    const { p, config } = this;
    const mlp = `${block}.mlp`;
    const { d_model: model, d_mlp: neuron } = config;
    const x = this.norm(`${block}.ln2`, stream, 'the residual stream that the neurons read');
    const pre = p.activation(`${mlp}.hook_pre`, p.layout('batch pos neuron'));
    const into = { x, w: `${mlp}.W_in`, bias: `${mlp}.b_in` };
    p.step('matmul', into, { y: pre }, { rows: this.#rows, inner: model, cols: neuron }, 'What each neuron reads.');
    const post = p.activation(`${mlp}.hook_post`, p.layout('batch pos neuron'));
    p.step(config.act_fn, { x: pre }, { y: post }, { size: this.#rows * neuron }, 'How strongly each neuron fires.');
    const out = p.activation(`${block}.hook_mlp_out`, p.layout('batch pos model'));
    const back = { x: post, w: `${mlp}.W_out`, bias: `${mlp}.b_out` };
    const sizes = { rows: this.#rows, inner: neuron, cols: model };
    p.step('matmul', back, { y: out }, sizes, 'What all neurons together write.');
    return out;
  }

  #add(a: string, b: string, sum: string, about: string): string {
    const { p, config } = this;
    p.activation(sum, p.layout('batch pos model'));
    p.step('add', { a, b }, { sum }, { size: this.#rows * config.d_model }, about);
    return sum;
  }

  /** Looks up the tokens' rows; parts of a split table are looked up one by one, and all but one of them yield zero. */
  #lookUp(table: string, out: string): string {
    const { p, config, weights } = this;
    const parts = partsOf(weights, table);
    let sum: string | undefined;
    parts.forEach(({ from, to, suffix }, i) => {
      const name = p.activation(parts.length === 1 ? out : `${out}${suffix}`, p.layout('batch pos model'));
      const sizes = { rows: this.#rows, vocab: to - from, model: config.d_model, first: from };
      const inputs = { table: `${table}${suffix}`, ids: 'tokens' };
      p.step('embed', inputs, { out: name }, sizes, 'Looks up the vector of each token.');
      const target = i === parts.length - 1 ? out : `${out}[0:${to}]`;
      sum = sum === undefined ? name : this.#add(sum, name, target, 'Joins the lookups of a table in parts.');
    });
    return out;
  }

  #join(left: { name: string; cols: number }, right: { name: string; cols: number }, out: string) {
    const { p } = this;
    const cols = left.cols + right.cols;
    p.activation(out, p.layout('batch pos vocab', { vocab: cols }));
    const sizes = { rows: this.#rows, left_cols: left.cols, right_cols: right.cols, cols };
    const about = 'Joins the logits of a table in parts.';
    p.step('concat', { left: left.name, right: right.name }, { out }, sizes, about);
    return { name: out, cols };
  }
}

/** The row ranges that a table is split into; one with an empty suffix if it is whole. */
function partsOf(weights: WeightTable, table: string): { from: number; to: number; suffix: string }[] {
  const whole = weights[table];
  if (whole) return [{ from: 0, to: whole.shape[whole.axes.indexOf('vocab')]!, suffix: '' }];
  return Object.entries(weights)
    .filter(([, { part }]) => part?.of === table)
    .map(([name, { part }]) => ({ from: part!.from, to: part!.to, suffix: name.slice(table.length) }));
}
