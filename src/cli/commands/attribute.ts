import { type AttributedPrompt, attributeLogit } from '../../analysis/attribution';
import { residualLedger } from '../../analysis/ledger';
import { type Token, textOf } from '../../analysis/ranges';
import type { Part } from '../../analysis/stream-terms';
import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { loadModel } from '../../load-model';
import type { Model } from '../../loaded-model';
import { topIndices } from '../../tensor/top';
import type { RunInfo, Trace } from '../../trace/trace';
import { type JsonNumber, jsonNumber, type Task } from '../task';

export interface AttributeRequest {
  readonly tokens: readonly (readonly number[])[];
  readonly edits: readonly EditSpec[];
  /** The logit to explain; null: each prompt's most likely one. */
  readonly token: Token | null;
  /** Explains the difference to this one. */
  readonly minus: Token | null;
  /** −1 is the last. */
  readonly pos: number;
  /** Layers whose MLP is taken neuron by neuron. */
  readonly neurons: 'all' | readonly number[];
  /** Adds the residual-stream ledger of the last stream at the position. */
  readonly ledger: boolean;
}

export interface AttributedLogit {
  readonly token: number;
  readonly text: string;
  readonly minus: { readonly token: number; readonly text: string } | null;
  readonly logit: JsonNumber;
  readonly sum: JsonNumber;
  /** sum − logit */
  readonly gap: JsonNumber;
  /** What f32 rounding can explain. */
  readonly bound: JsonNumber;
  readonly ok: boolean;
  /** In the order of computation; logits. */
  readonly parts: readonly (Part & { readonly value: JsonNumber })[];
}

export interface LedgerReport {
  readonly at: string;
  /** Per prompt. */
  readonly prompts: readonly {
    readonly norm: JsonNumber;
    /** Largest |element| of stream − Σ parts. */
    readonly gap: JsonNumber;
    /** The gap over what f32 rounding can explain, at most 1. */
    readonly ratio: JsonNumber;
    readonly ok: boolean;
    readonly entries: readonly (Part & { readonly norm: JsonNumber; readonly share: JsonNumber })[];
  }[];
}

export interface AttributeReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  /** Whether every sum of parts misses its logit by rounding alone. */
  readonly ok: boolean;
  readonly pos: number;
  readonly prompts: readonly AttributedLogit[];
  readonly ledger: LedgerReport | null;
}

/** Which components wrote a logit. */
export const attribute: Task<AttributeRequest, AttributeReport> = async ({ device, files, request, report }) => {
  const { tokens, edits, token, minus, pos, neurons } = request;
  const model = await loadModel(files, { device });
  report('running the forward pass');
  const trace = await model.run(tokens, { edits: await editsFor(model, tokens, edits) });
  report('adding up the parts');
  const attribution = await attributeLogit(model, trace, {
    token: token ?? (await mostLikely(trace, pos)),
    ...(minus !== null && { minus }),
    pos,
    neurons: neurons === 'all' ? !model.config.attn_only : neurons,
  });
  const prompts = attribution.prompts.map((prompt) => explained(model, attribution.parts, prompt));
  const ledger = request.ledger ? await ledgerOf(model, trace, pos) : null;
  const ok = prompts.every((prompt) => prompt.ok) && (ledger?.prompts.every((prompt) => prompt.ok) ?? true);
  const { info, labels } = trace;
  trace.dispose();
  model.dispose();
  return { result: { ...info, tokens, labels, ok, pos: attribution.pos, prompts, ledger } };
};

async function mostLikely(trace: Trace, pos: number): Promise<number[]> {
  const { data, shape } = await trace.read(trace.program.output, { pos });
  const vocab = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, b) => topIndices(data.subarray(b * vocab, (b + 1) * vocab), 1)[0] ?? 0);
}

function explained(model: Model, parts: readonly Part[], prompt: AttributedPrompt): AttributedLogit {
  const { token, minus, values, sum, logit, gap, bound } = prompt;
  return {
    token,
    text: textOf(model, token),
    minus: minus === null ? null : { token: minus, text: textOf(model, minus) },
    logit: jsonNumber(logit),
    sum: jsonNumber(sum),
    gap: jsonNumber(gap),
    bound: jsonNumber(bound),
    ok: Math.abs(gap) <= bound,
    parts: parts.map((part, i) => ({ ...part, value: jsonNumber(values[i]!) })),
  };
}

async function ledgerOf(model: Model, trace: Trace, pos: number): Promise<LedgerReport> {
  const { at, batch, entries, norm, gap, ratio } = await residualLedger(model, trace, { pos });
  const prompts = Array.from({ length: batch }, (_, b) => ({
    norm: jsonNumber(norm[b]!),
    gap: jsonNumber(gap[b]!),
    ratio: jsonNumber(ratio[b]!),
    ok: ratio[b]! <= 1,
    entries: entries.map(({ norm, share, ...part }) => ({
      ...part,
      norm: jsonNumber(norm[b]!),
      share: jsonNumber(share[b]!),
    })),
  }));
  return { at, prompts };
}
