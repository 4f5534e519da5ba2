import { type LensRow, logitLens } from '../../analysis/lens';
import type { Token } from '../../analysis/ranges';
import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { loadModel } from '../../load-model';
import type { RunInfo } from '../../trace/trace';
import { type JsonNumber, jsonNumber, type Task } from '../task';

export interface LensRequest {
  readonly tokens: readonly (readonly number[])[];
  readonly edits: readonly EditSpec[];
  /** Tensors [batch, pos, model]; null: every residual stream. */
  readonly at: readonly string[] | null;
  /** Null: all. */
  readonly pos: number | null;
  /** The token to follow; null: each position's next one. */
  readonly token: Token | null;
  /** Divides by the last stream's layernorm scale. */
  readonly frozen: boolean;
  /** Most likely tokens per row. */
  readonly top: number;
}

export interface LensReportToken {
  readonly token: number;
  readonly text: string;
  readonly logit: JsonNumber;
  readonly probability: JsonNumber;
}

export interface LensReportRow {
  readonly batch: number;
  readonly pos: number;
  /** Most likely first. */
  readonly top: readonly LensReportToken[];
  readonly followed: (LensReportToken & { readonly rank: number }) | null;
  /** Nats. */
  readonly entropy: JsonNumber;
  /** KL(final ‖ lens), nats. */
  readonly kl: JsonNumber;
}

export interface LensReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  readonly frozen: boolean;
  /** In the order of computation. */
  readonly points: readonly { readonly at: string; readonly rows: readonly LensReportRow[] }[];
}

/** What the model would answer from each residual stream. */
export const lens: Task<LensRequest, LensReport> = async ({ device, files, request, report }) => {
  const { tokens, edits, at, pos, token, frozen, top } = request;
  const model = await loadModel(files, { device });
  report('running the forward pass');
  const trace = await model.run(tokens, {
    retain: at ?? 'checkpoints',
    edits: await editsFor(model, tokens, edits),
  });
  const points = await logitLens(model, trace, {
    frozen,
    top,
    ...(at && { at }),
    ...(pos !== null && { pos }),
    ...(token !== null && { token }),
    onProgress: ({ done, total }) => report(`read ${done} of ${total} streams`),
  });
  const { info, labels } = trace;
  trace.dispose();
  model.dispose();
  const rows = points.map(({ at, rows }) => ({ at, rows: rows.map(written) }));
  return { result: { ...info, tokens, labels, frozen, points: rows } };
};

function written({ batch, pos, top, followed, entropy, kl }: LensRow): LensReportRow {
  const token = (given: LensRow['top'][number]): LensReportToken => ({
    token: given.token,
    text: given.text,
    logit: jsonNumber(given.logit),
    probability: jsonNumber(given.probability),
  });
  return {
    batch,
    pos,
    top: top.map(token),
    followed: followed && { ...token(followed), rank: followed.rank },
    entropy: jsonNumber(entropy),
    kl: jsonNumber(kl),
  };
}
