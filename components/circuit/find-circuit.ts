/** The search itself: it takes the model, so it is loaded when it is asked for. */
import {
  describeComponent,
  discoverCircuit,
  type Edge,
  type Metric,
  patchPaths,
  promptMetric,
  receiverNamed,
  type SweepProgress,
  senderNamed,
  type Trace,
  tokenId,
} from '../../src/index';
import { typedToken } from '../attribution/typed-token';
import type { Circuit, CircuitEdge, CircuitRequest } from './circuit-answer';

/** Small batches, so that a page goes on moving and a search ends soon after it is cancelled. */
const BUDGET = 24 * 2 ** 20;

export interface CircuitProgress extends SweepProgress {
  readonly what: 'edges' | 'paths';
}

interface Options {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CircuitProgress) => void;
}

type Runnable = Parameters<typeof discoverCircuit>[0];
type Prompts = Parameters<typeof patchPaths>[1];

/**
 * Finds the circuit that tells the prompt of a trace from a corrupted one, by ACDC with exact patching, then measures
 * each of its edges alone, by path patching. Stopped amid the first, the untested edges are taken as parts of it.
 *
 * @param corrupted token ids of the request's corrupted prompt
 * @throws an AbortError when stopped before the first edge; as `promptMetric`, `discoverCircuit` and `patchPaths`
 */
export async function findCircuit(
  model: Runnable,
  trace: Trace,
  request: CircuitRequest,
  corrupted: readonly number[],
  { signal, onProgress }: Options,
): Promise<Circuit> {
  const began = performance.now();
  const text = (id: number) => model.tokenizer?.token(id) ?? String(id);
  const typed = (token: string) => (token === '' ? null : tokenId(model, typedToken(token), 'output'));
  const prompts = { clean: [trace.tokens[0]!], corrupted: [corrupted] };
  const choice = { metric: request.metric, answer: typed(request.answer), wrong: typed(request.wrong) };
  const { metric, answers, wrong } = await promptMetric(model, choice, prompts.clean, prompts.corrupted);
  const found = await discoverCircuit(model, prompts, {
    threshold: request.threshold,
    metric,
    signal,
    budget: BUDGET,
    onProgress: (progress) => onProgress({ what: 'edges', ...progress }),
  });
  if (found.done === 0) signal.throwIfAborted();
  const told =
    (kept: boolean) =>
    (edge: Edge): CircuitEdge => ({ ...namesOf(edge), effect: edge.effect, kept, path: null });
  const edges = found.edges.map(told(true));
  const measured = found.complete ? await alone(model, prompts, metric, edges, { signal, onProgress }) : edges;
  return {
    asked: request,
    labels: trace.labels[0]!,
    corruptedLabels: corrupted.map(text),
    weightsHash: trace.info.weightsHash,
    adapter: trace.info.adapter,
    metric: {
      name: metric.name,
      unit: metric.unit,
      answer: answers && text(answers[0]!),
      wrong: wrong && text(wrong[0]!),
    },
    edges: [...measured, ...found.removed.map(told(false))],
    ...{ kl: found.kl, emptyKl: found.emptyKl, ...found.metric, faithfulness: found.faithfulness },
    ...{ done: found.done, total: found.total, complete: found.complete },
    seconds: (performance.now() - began) / 1000,
  };
}

function namesOf({ sender, receiver }: Edge): { readonly from: string; readonly to: string } {
  return { from: describeComponent(sender), to: describeComponent(receiver) };
}

/** The edges with what the metric becomes when each alone carries the corrupted prompt's information. */
async function alone(
  model: Runnable,
  prompts: Prompts,
  metric: Metric,
  edges: readonly CircuitEdge[],
  { signal, onProgress }: Options,
): Promise<CircuitEdge[]> {
  const measured: CircuitEdge[] = [];
  const senders = [...new Set(edges.map(({ from }) => from))];
  for (const from of senders) {
    const own = edges.filter((edge) => edge.from === from);
    const { values } = await patchPaths(model, prompts, {
      metric,
      senders: [senderNamed(from)],
      receivers: own.map(({ to }) => receiverNamed(to)),
      signal,
      budget: BUDGET,
      onProgress: ({ done }) => onProgress({ what: 'paths', done: measured.length + done, total: edges.length }),
    });
    measured.push(...own.map((edge, i) => ({ ...edge, path: Number.isNaN(values[i]!) ? null : values[i]! })));
  }
  return edges.map((edge) => measured.find(({ from, to }) => from === edge.from && to === edge.to)!);
}
