/** What a search for a circuit has found, as plain JSON: a recording carries it. */
import type { MetricChoice } from '../../src/index';
import { answerKey, type Check, flag, index, list, nullable, number, record, text } from '../shared/answers';
import type { NodeName } from './nodes';

export interface CircuitRequest {
  /** Text. */
  readonly corrupted: string;
  readonly metric: MetricChoice['metric'];
  /** As typed; empty: what the run of the prompt, or of the corrupted one for `wrong`, finds likeliest at its end. */
  readonly answer: string;
  readonly wrong: string;
  /** Nats of KL: an edge is removed if without it the KL to the clean run grows by less. */
  readonly threshold: number;
}

/** From a writer to a reader of the residual stream: `0.0` to `1.0.k`, `embed` to `mlp 0`, `1.0` to `final`. */
export interface CircuitEdge {
  readonly from: string;
  readonly to: string;
  /** Growth of the KL to the clean run without it, nats, when it was tested; null where the search ended before. */
  readonly effect: number | null;
  /** Whether it is a part of the circuit. */
  readonly kept: boolean;
  /** The metric with the corrupted prompt's information on this path alone; null where it was not measured. */
  readonly path: number | null;
}

export interface Circuit {
  readonly asked: CircuitRequest;
  readonly labels: readonly string[];
  readonly corruptedLabels: readonly string[];
  readonly weightsHash: string;
  readonly adapter: string;
  readonly metric: {
    readonly name: string;
    readonly unit: string;
    /** Text of the tokens that it compares; null where it has none. */
    readonly answer: string | null;
    readonly wrong: string | null;
  };
  /** Those that read last first. */
  readonly edges: readonly CircuitEdge[];
  /** KL to the clean run in nats, of the circuit and of the empty one, which is the corrupted run. */
  readonly kl: number;
  readonly emptyKl: number;
  /** The metric of the whole model on the prompt, of the circuit and of the empty circuit. */
  readonly clean: number;
  readonly circuit: number;
  readonly empty: number;
  /** (circuit − empty) / (clean − empty) */
  readonly faithfulness: number;
  /** Edges that were tested, of `total`. */
  readonly done: number;
  readonly total: number;
  /** False if the search was stopped: the untested edges then count as parts of the circuit. */
  readonly complete: boolean;
  /** What the search took. */
  readonly seconds: number;
}

/** What a recorded circuit over a trace with these nodes must hold. */
export function circuitCheck(length: number, nodes: readonly NodeName[]): Check {
  const senders = new Set(nodes.map(({ id }) => id));
  const receivers = new Set(
    nodes.flatMap(({ id, kind }) => (kind === 'head' ? ['q', 'k', 'v'].map((i) => `${id}.${i}`) : [id])),
  );
  const among =
    (names: ReadonlySet<string>): Check =>
    (value, at) =>
      typeof value === 'string' && names.has(value) ? null : `${at} is no component of the model`;
  return record({
    asked: record({ corrupted: text, metric: text, answer: text, wrong: text, threshold: number }),
    labels: list(text, length),
    corruptedLabels: list(text),
    weightsHash: text,
    adapter: text,
    metric: record({ name: text, unit: text, answer: nullable(text), wrong: nullable(text) }),
    edges: list(
      record({
        from: among(senders),
        to: among(receivers),
        effect: nullable(number),
        kept: flag,
        path: nullable(number),
      }),
    ),
    ...{ kl: number, emptyKl: number, clean: number, circuit: number, empty: number, faithfulness: number },
    ...{ done: index, total: index, complete: flag, seconds: number },
  });
}

/** Names the question among a recording's answers. */
export function keyOf(asked: CircuitRequest): string {
  return answerKey('circuit', { ...asked, answer: asked.answer || null, wrong: asked.wrong || null });
}
