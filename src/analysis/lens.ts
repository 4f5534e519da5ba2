import { FluoroscopeError } from '../errors';
import type { Edit } from '../program/edits';
import { describeLayout, type TensorData } from '../tensor/layout';
import type { Slice } from '../tensor/slice';
import { topIndices } from '../tensor/top';
import type { Trace } from '../trace/trace';
import { klDivergence, logSoftmax } from './log-softmax';
import { indexOf, type Token, textOf, tokenId } from './ranges';
import type { RunnableModel } from './runnable';
import { lastStream } from './stream-terms';

export interface LensOptions {
  /** Tensors [batch, pos, model] to read; every residual stream unless given. */
  readonly at?: readonly string[];
  /** Divides by the last stream's layernorm scale instead of each stream's own. */
  readonly frozen?: boolean;
  /** One position; all unless given. */
  readonly pos?: number;
  /** The token to follow; unless given, each position's next one in the prompt. */
  readonly token?: Token;
  /** Number of most likely tokens to list; 5 unless given. */
  readonly top?: number;
  /** Keeps all logits; they take batch · pos · vocab · 4 bytes per tensor read. */
  readonly full?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface LensToken {
  readonly token: number;
  readonly text: string;
  readonly logit: number;
  /** Softmax over the lens's logits. */
  readonly probability: number;
}

export interface LensRow {
  readonly batch: number;
  readonly pos: number;
  /** Most likely first. */
  readonly top: readonly LensToken[];
  /** The token that is followed, and how many tokens have a larger logit; null where there is no next token. */
  readonly followed: (LensToken & { readonly rank: number }) | null;
  /** −Σ p ln p of the lens's distribution, nats. */
  readonly entropy: number;
  /** KL(final ‖ lens) = Σ p_final (ln p_final − ln p_lens), nats: what the later layers still add. */
  readonly kl: number;
}

export interface LensPoint {
  readonly at: string;
  /** Row-major over batch and pos. */
  readonly rows: readonly LensRow[];
  /** All logits [batch, pos, vocab], where asked for; a single position has no pos axis. */
  readonly logits?: TensorData;
}

/**
 * The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens"): what the model would answer if the layers
 * after a residual stream wrote nothing, unembed(ln_final(resid)). With `frozen` the division is by ln_final.hook_scale
 * of the real pass, which makes the lens linear in the stream, as attribution has it.
 *
 * Each is an edited run: the last residual stream is set to the earlier one (and the scale to the real pass's), so the
 * final norm and the unembedding are the pass's own kernels; at the last stream the lens equals the logits bit for bit.
 * A lens is a derived value: the pass never held it. Edits of the trace's own run are seen as far as they reach the
 * stream; edits of the final norm or of the logits are not repeated.
 *
 * @throws `tensor-unknown`, `slice-invalid`, `analysis-invalid` for a tensor that is no stream, `token-invalid`, and as
 * `model.run`; the signal's reason when aborted
 */
export async function logitLens(model: RunnableModel, trace: Trace, options: LensOptions = {}): Promise<LensPoint[]> {
  const { frozen = false, top = 5, full = false, signal, onProgress } = options;
  const at = options.at ?? residualStreams(model);
  for (const name of at) assertStream(model, trace, name);
  const pos = options.pos === undefined ? null : indexOf('pos', options.pos, trace.program.pos);
  const slice: Slice = pos === null ? {} : { pos };
  const token = options.token === undefined ? null : tokenId(model, options.token, 'output');
  const final = await trace.read(trace.program.output, slice);
  const scale = frozen && model.config.normalization_type ? await trace.read('ln_final.hook_scale') : null;
  const points: LensPoint[] = [];
  for (const name of at) {
    signal?.throwIfAborted();
    const edits: Edit[] = [{ at: lastStream(model), op: 'set', value: await trace.read(name) }];
    if (scale) edits.push({ at: 'ln_final.hook_scale', op: 'set', value: scale });
    const run = await model.run(trace.tokens, { retain: [], edits });
    const logits = await run.read(run.program.output, slice).finally(() => run.dispose());
    const rows = readRows(model, trace, { logits, final, pos, token, top });
    points.push({ at: name, rows, ...(full && { logits }) });
    onProgress?.({ done: points.length, total: at.length });
  }
  return points;
}

/** Every residual stream in the order of computation, each by one name. */
export function residualStreams({ config: { n_layers, attn_only } }: RunnableModel): string[] {
  if (n_layers === 0) return ['hook_resid_post'];
  const blocks = Array.from({ length: n_layers }, (_, layer) => [
    ...(attn_only ? [] : [`blocks.${layer}.hook_resid_mid`]),
    `blocks.${layer}.hook_resid_post`,
  ]);
  return ['blocks.0.hook_resid_pre', ...blocks.flat()];
}

function assertStream(model: RunnableModel, trace: Trace, name: string): void {
  const layout = trace.layout(name);
  if (layout.axes.join() === 'batch,pos,model') return;
  throw new FluoroscopeError(
    'analysis-invalid',
    `${name} is ${describeLayout(layout)}; the logit lens reads [batch, pos, model ${model.config.d_model}], such as ` +
      `${residualStreams(model).at(-1)}.`,
  );
}

interface Read {
  readonly logits: TensorData;
  readonly final: TensorData;
  readonly pos: number | null;
  readonly token: number | null;
  readonly top: number;
}

function readRows(model: RunnableModel, trace: Trace, { logits, final, pos, token, top }: Read): LensRow[] {
  const vocab = model.config.d_vocab_out;
  const length = pos === null ? trace.program.pos : 1;
  return Array.from({ length: trace.program.batch * length }, (_, row) => {
    const [b, p] = [Math.floor(row / length), pos ?? row % length];
    const own = logits.data.subarray(row * vocab, (row + 1) * vocab);
    const log = logSoftmax(own);
    const logFinal = logSoftmax(final.data.subarray(row * vocab, (row + 1) * vocab));
    const describe = (id: number): LensToken => ({
      token: id,
      text: textOf(model, id),
      logit: own[id]!,
      probability: Math.exp(log[id]!),
    });
    const next = token ?? trace.tokens[b]![p + 1];
    const followed = next === undefined || next >= vocab ? null : { ...describe(next), rank: rankOf(own, next) };
    const entropy = log.reduce((sum, each) => sum - Math.exp(each) * each, 0);
    const kl = klDivergence(logFinal, log);
    return { batch: b, pos: p, top: topIndices(own, top).map(describe), followed, entropy, kl };
  });
}

function rankOf(values: Float32Array, id: number): number {
  let larger = 0;
  for (const value of values) if (value > values[id]!) larger++;
  return larger;
}
