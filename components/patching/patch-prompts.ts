import type { SweepProgress, Trace } from '../../src/index';
import { patchActivations, promptMetric, tokenId } from '../../src/index';
import { typedToken } from '../attribution/typed-token';
import type { PageModel } from '../shared/run-context';
import type { PatchedPrompts, PatchRequest } from './patched';

/** Small batches, so that a page goes on moving and a sweep ends soon after it is cancelled. */
const BUDGET = 24 * 2 ** 20;

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
  const { axes, indices, values, restored, done, total, complete } = patching;
  if (done === 0) signal.throwIfAborted();
  return {
    ...{ clean: patching.clean, corrupted: patching.corrupted, done, total, complete },
    ...{ values: [...values], restored: [...restored] },
    layers: indices[0]!,
    heads: axes[1] === 'head' ? indices[1]! : null,
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
