import type { LensRow, LensToken, Trace } from '../../src/index';
import { logitLens, residualStreams } from '../../src/index';
import type { PageModel } from '../shared/run-context';
import type { Lens, LensStream } from './lens-data';

/** One stream at a time, so that the logits of one stream at most are held. @throws as `logitLens` */
export async function readLens(model: PageModel, trace: Trace, frozen: boolean, signal: AbortSignal): Promise<Lens> {
  const labels = trace.labels[0]!;
  const vocab = model.config.d_vocab_out;
  const final = await trace.read(trace.program.output, { batch: 0, pos: -1 });
  const answer = final.data.indexOf(final.data.reduce((most, logit) => Math.max(most, logit), -Infinity));
  const streams: LensStream[] = [];
  for (const name of residualStreams(model)) {
    for (const { rows, logits } of await logitLens(model, trace, { at: [name], frozen, full: true, signal })) {
      const cells = rows.slice(0, labels.length).map(told);
      const last = cells.at(-1)!;
      const own = logits!.data.subarray(last.pos * vocab, (last.pos + 1) * vocab);
      cells[last.pos] = { ...last, followed: follow(model, own, last.top[0], answer) };
      streams.push({ name, label: shortName(name), cells });
    }
  }
  return { labels, streams, vocab, normalized: model.config.normalization_type !== null };
}

/** Of logits that are not all numbers no token is the likeliest, nor has the followed one a rank. */
function told(row: LensRow): LensRow {
  if (!Number.isNaN(row.top[0]?.probability ?? Number.NaN)) return row;
  const { followed } = row;
  return { ...row, top: [], followed: followed && { ...followed, probability: Number.NaN, rank: Number.NaN } };
}

/** A token's place among the logits, by the probability of the first one. */
function follow(
  model: PageModel,
  logits: Float32Array,
  first: LensToken | undefined,
  token: number,
): LensRow['followed'] {
  const logit = logits[token];
  if (logit === undefined || !first) return null;
  const text = model.tokenizer?.token(token) ?? String(token);
  const probability = first.probability * Math.exp(logit - first.logit);
  return { token, text, logit, probability, rank: logits.filter((other) => other > logit).length };
}

function shortName(name: string): string {
  const [, layer, place] = /^(?:blocks\.(\d+)\.)?hook_resid_(pre|mid|post)$/.exec(name) ?? [];
  return [layer, place ?? name].filter((part) => part !== undefined).join(' ');
}
