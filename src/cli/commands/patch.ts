import { klToClean, logitDifference, type Metric, nextTokenLoss, probability } from '../../analysis/metrics';
import { patchPaths } from '../../analysis/path-patching';
import { describeComponent, receiverNamed, senderNamed } from '../../analysis/path-patching-components';
import { fitting, type PatchSite, patchActivations } from '../../analysis/sweep-patching';
import { FluoroscopeError } from '../../errors';
import { loadModel } from '../../load-model';
import type { Model } from '../../loaded-model';
import type { RunInfo } from '../../trace/trace';
import { type JsonNumber, jsonNumber, type Task } from '../task';

/** What is measured at the last position; the loss: of the clean prompt's own next tokens, at all positions. */
export interface MetricRequest {
  readonly metric: 'logit-difference' | 'probability' | 'loss' | 'kl';
  /** Token ids; null: what the clean prompt's run, or the corrupted one's for `wrong`, finds likeliest at its end. */
  readonly answer: number | null;
  readonly wrong: number | null;
}

export interface MetricReport {
  readonly name: string;
  readonly unit: string;
  /** Per prompt, where the metric has them. */
  readonly answers: readonly string[] | null;
  readonly wrong: readonly string[] | null;
}

export interface PatchRequest extends MetricRequest {
  /** The clean prompts. */
  readonly tokens: readonly (readonly number[])[];
  readonly corrupted: readonly (readonly number[])[];
  readonly at: PatchSite;
  /** null: all. */
  readonly layers: readonly number[] | null;
  readonly heads: readonly number[] | null;
  readonly neurons: readonly number[] | null;
  readonly positions: 'each' | 'all' | readonly number[];
  /** Path patching instead: senders such as `0.3`, receivers such as `1.0.k`. */
  readonly paths: { readonly from: readonly string[]; readonly to: readonly string[] } | null;
}

export interface PatchReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  readonly metric: MetricReport;
  /** The metric of each prompt as it is. */
  readonly clean: JsonNumber;
  readonly corrupted: JsonNumber;
  readonly at: PatchSite | 'paths';
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  /** What each index along an axis stands for. */
  readonly indices: readonly (readonly (number | string)[])[];
  /** Row-major over `axes`. */
  readonly values: readonly JsonNumber[];
  /** Of activation patching: (value − corrupted) / (clean − corrupted). */
  readonly restored: readonly JsonNumber[] | null;
  /** Of paths: whether the receiver comes after the sender. */
  readonly connected: readonly boolean[] | null;
}

/** Patches activations of the clean prompt into the corrupted one, one at a time, or paths the other way round. */
export const patch: Task<PatchRequest, PatchReport> = async ({ device, files, request, report }) => {
  const model = await loadModel(files, { device });
  const { tokens, corrupted, at, layers, heads, neurons, positions, paths } = request;
  const { metric, told } = await metricOf(model, request, tokens, corrupted);
  const onProgress = ({ done, total }: { done: number; total: number }) => report(`patched ${done} of ${total}`);
  const clean = await model.run(tokens, { retain: [] });
  const { info, labels } = clean;
  clean.dispose();
  const head = { ...info, tokens, labels, metric: told };
  const prompts = { clean: tokens, corrupted };
  const numbers = (values: Float64Array) => Array.from(values, jsonNumber);
  if (paths) {
    const senders = paths.from.map(senderNamed);
    const receivers = paths.to.map(receiverNamed);
    const found = await patchPaths(model, prompts, { metric, senders, receivers, onProgress });
    model.dispose();
    return {
      result: {
        ...head,
        clean: jsonNumber(found.clean),
        corrupted: jsonNumber(found.corrupted),
        at: 'paths',
        axes: ['sender', 'receiver'],
        shape: [senders.length, receivers.length],
        indices: [senders.map(describeComponent), receivers.map(describeComponent)],
        values: numbers(found.values),
        restored: null,
        connected: found.connected,
      },
    };
  }
  const found = await patchActivations(model, prompts, {
    at,
    metric,
    positions,
    onProgress,
    ...(layers && { layers }),
    ...(heads && { heads }),
    ...(neurons && { neurons }),
  });
  model.dispose();
  return {
    result: {
      ...head,
      clean: jsonNumber(found.clean),
      corrupted: jsonNumber(found.corrupted),
      at,
      axes: found.axes,
      shape: found.shape,
      indices: found.indices,
      values: numbers(found.values),
      restored: numbers(found.restored),
      connected: null,
    },
  };
};

/** The metric of a request, and what to tell of it. */
export async function metricOf(
  model: Model,
  { metric: kind, answer, wrong }: MetricRequest,
  tokens: readonly (readonly number[])[],
  corrupted: readonly (readonly number[])[],
): Promise<{ metric: Metric; told: MetricReport }> {
  fitting(corrupted, tokens, model); // refuses prompts of different shape before anything else
  const texts = (ids: readonly number[]) => ids.map((id) => model.tokenizer?.token(id) ?? String(id));
  const given = async (id: number | null, prompts: typeof tokens) =>
    id === null ? likeliest(model, prompts) : prompts.map(() => id);
  const tell = (metric: Metric, answers: number[] | null = null, wrong: number[] | null = null) => ({
    metric,
    told: {
      name: metric.name,
      unit: metric.unit,
      answers: answers && texts(answers),
      wrong: wrong && texts(wrong),
    },
  });
  if (kind === 'loss') return tell(nextTokenLoss(tokens));
  if (kind === 'kl') {
    const clean = await model.run(tokens, { retain: [] });
    const metric = await klToClean(clean);
    clean.dispose();
    return tell(metric);
  }
  const answers = await given(answer, tokens);
  if (kind === 'probability') return tell(probability(answers), answers);
  const others = await given(wrong, corrupted);
  if (answers.every((token, b) => token === others[b])) {
    const same = answers.map((token) => JSON.stringify(model.tokenizer?.token(token) ?? String(token))).join(', ');
    const cure = 'give --answer and --wrong, or another --metric';
    throw new FluoroscopeError('metric-invalid', `The logit difference of ${same} to itself is always 0: ${cure}.`);
  }
  return tell(logitDifference(answers, others), answers, others);
}

async function likeliest(model: Model, prompts: readonly (readonly number[])[]): Promise<number[]> {
  const trace = await model.run(prompts, { retain: [] });
  const { data } = await trace.read(trace.program.output, { pos: -1 });
  trace.dispose();
  const size = data.length / prompts.length;
  return prompts.map((_, b) => {
    const row = data.subarray(b * size, (b + 1) * size);
    return row.reduce((best, logit, token) => (logit > row[best]! ? token : best), 0);
  });
}
