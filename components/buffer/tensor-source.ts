/** Where a buffer's values come from: the trace, the model's weights, another trace, float64. */
import type { Index, Layout, TensorData, TensorReference, Trace } from '../../src/index';
import { beforeEdit } from '../../src/viewer';
import { onGpu } from '../shared/on-gpu';
import type { Question } from '../shared/run-context';

/** Has a question answered by the model that ran the trace. @throws `no-model` */
export type AskModel = <Answer>(question: Question<Answer>) => Promise<Answer>;

export const comparisons = {
  none: 'nothing',
  other: 'another trace',
  float64: 'float64 on the same inputs',
  before: 'itself before an edit',
} as const;
export type Comparison = keyof typeof comparisons;

export function isComparison(text: string | null): text is Comparison {
  return text !== null && Object.hasOwn(comparisons, text);
}

/** Weights by name, in the order in which the program reads them; one that is split is one. */
export function weightNames({ program }: Trace): string[] {
  const weights = Object.entries(program.tensors).filter(([, { role }]) => role === 'weight');
  return [...new Set(weights.map(([name, { part }]) => part?.of ?? name))];
}

export function isWeight({ program: { tensors } }: Trace, name: string): boolean {
  return tensors[name]?.role === 'weight' || Object.values(tensors).some(({ part }) => part?.of === name);
}

/** The comparisons that a tensor of this trace allows. */
export function possibleComparisons(trace: Trace, name: string, other: Trace | null): Comparison[] {
  const weight = isWeight(trace, name);
  return [
    'none',
    ...(other && !weight ? (['other'] as const) : []),
    ...(trace.kind === 'live' && !weight ? (['float64'] as const) : []),
    ...(trace.names.includes(beforeEdit(name)) ? (['before'] as const) : []),
  ];
}

/** What a tensor is compared with. */
export interface Against extends Layout {
  readonly data: Float32Array | Float64Array;
  /** How far f32 may lie from it, where that is known. */
  readonly bound: Float64Array | null;
}

/** Reads whole tensors and slices of one trace. What costs more than a readback is kept until something else is asked. */
export class TensorSource {
  static #made = 0;
  /** Tells sources apart. */
  readonly id = TensorSource.#made++;
  #kept: { readonly key: string; readonly value: Promise<TensorData | TensorReference> } | null = null;

  constructor(
    readonly trace: Trace,
    readonly other: Trace | null,
    private readonly ask: AskModel,
  ) {}

  /** @param fixed axes to cut at an index; a weight is given whole. @throws as `trace.read`, `model.weight` */
  async own(name: string, fixed: Index): Promise<TensorData & { readonly derived: boolean }> {
    if (!isWeight(this.trace, name)) return this.trace.read(name, fixed);
    const weight = await this.#keep(`weight ${name}`, () => this.ask((model) => model.weight(name)));
    return { ...(weight as TensorData), derived: false };
  }

  /** The tensor in float64, from the very inputs that the GPU read. @throws as `model.reference`; `no-webgpu` */
  reference(name: string): Promise<TensorReference> {
    return this.#keep(`float64 ${name}`, () =>
      this.ask((model, trace) => onGpu(model, 'The comparison with float64').reference(trace, name)),
    ) as Promise<TensorReference>;
  }

  #keep(key: string, work: () => Promise<TensorData | TensorReference>): Promise<TensorData | TensorReference> {
    if (this.#kept?.key !== key) {
      const value = work();
      this.#kept = { key, value };
      value.catch(() => {
        if (this.#kept?.value === value) this.#kept = null;
      });
    }
    return this.#kept!.value;
  }
}
