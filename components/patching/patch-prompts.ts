import type { MetricChoice, Patching, PatchSite, SweepProgress, Trace } from '../../src/index';
import { patchActivations, promptMetric, tokenId } from '../../src/index';
import { typedToken } from '../attribution/typed-token';
import type { PageModel } from '../shared/run-context';

/** Small batches, so that a page goes on moving and a sweep ends soon after it is cancelled. */
const BUDGET = 24 * 2 ** 20;

export interface PatchRequest {
  /** Token ids. */
  readonly corrupted: readonly number[];
  readonly at: PatchSite;
  readonly metric: MetricChoice['metric'];
  /** As typed; empty: what the prompt's run finds likeliest at its end. */
  readonly answer: string;
  readonly wrong: string;
}

/** What patching one prompt into another has found. */
export interface PatchedPrompts extends Patching {
  readonly request: PatchRequest;
  readonly tokens: readonly number[];
  readonly cleanLabels: readonly string[];
  readonly corruptedLabels: readonly string[];
  readonly weightsHash: string;
  readonly metricName: string;
  readonly unit: string;
  /** Text of the tokens that the metric compares; null where it has none. */
  readonly answer: string | null;
  readonly wrong: string | null;
}

/**
 * Patches the prompt of a trace into another one.
 *
 * @throws an AbortError when stopped before the first patch; as `promptMetric` and `patchActivations`
 */
export async function patchPrompts(
  model: PageModel,
  trace: Trace,
  request: PatchRequest,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (progress: SweepProgress) => void },
): Promise<PatchedPrompts> {
  const text = (id: number) => model.tokenizer?.token(id) ?? String(id);
  const typed = (token: string) => (token === '' ? null : tokenId(model, typedToken(token), 'output'));
  const [clean, corrupted] = [trace.tokens, [request.corrupted]];
  const choice = { metric: request.metric, answer: typed(request.answer), wrong: typed(request.wrong) };
  const { metric, answers, wrong } = await promptMetric(model, choice, clean, corrupted);
  const options = { at: request.at, metric, signal, onProgress, budget: BUDGET };
  const patching = await patchActivations(model, { clean, corrupted }, options);
  if (patching.done === 0) signal.throwIfAborted();
  return {
    ...patching,
    request,
    tokens: clean[0]!,
    cleanLabels: trace.labels[0]!,
    corruptedLabels: request.corrupted.map(text),
    weightsHash: model.weightsHash,
    metricName: metric.name,
    unit: metric.unit,
    answer: answers && text(answers[0]!),
    wrong: wrong && text(wrong[0]!),
  };
}
