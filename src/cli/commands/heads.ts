import { allHeads } from '../../analysis/circuits';
import { type HeadScore, headScores, repeatedTokens } from '../../analysis/head-scores';
import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { loadModel } from '../../load-model';
import type { RunInfo } from '../../trace/trace';
import type { Task } from '../task';

export interface HeadsRequest {
  /** Null: random tokens, repeated once. */
  readonly tokens: readonly (readonly number[])[] | null;
  readonly edits: readonly EditSpec[];
  /** Of the random prompts. A `length` of null is 24, or less where that does not fit. */
  readonly random: {
    readonly batch: number;
    readonly length: number | null;
    readonly seed: number;
    /** Token ids put before the two copies. */
    readonly prefix: readonly number[];
  };
}

export interface HeadsReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  /** Whether the prompts are random repeated tokens. */
  readonly random: boolean;
  readonly heads: readonly HeadScore[];
}

/** Where each head attends, as scores. */
export const heads: Task<HeadsRequest, HeadsReport> = async ({ device, files, request, report }) => {
  const { random, edits } = request;
  const model = await loadModel(files, { device });
  const { length, ...rest } = random;
  const tokens = request.tokens ?? repeatedTokens(model, { ...rest, ...(length !== null && { length }) });
  report('running the forward pass');
  const retain = [...new Set(allHeads(model).map(({ layer }) => `blocks.${layer}.attn.hook_pattern`))];
  const trace = await model.run(tokens, { retain, edits: await editsFor(model, tokens, edits) });
  report('scoring the heads');
  const scores = await headScores(trace);
  const { info, labels } = trace;
  trace.dispose();
  model.dispose();
  return { result: { ...info, tokens, labels, random: request.tokens === null, heads: scores } };
};
