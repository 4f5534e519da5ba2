/** Where a buffer's values come from: the trace, the model's weights, another trace, float64. */
import type { Index, Layout, TensorData, TensorReference } from '../../src/index';
import { beforeEdit } from '../../src/viewer';
import { onGpu } from '../shared/on-gpu';
import type { Comparison } from './comparisons';
import { isWeight, type Origin } from './read-buffer';

/** The comparisons that a tensor of this trace allows. */
export function possibleComparisons({ trace, other }: Origin, name: string): Comparison[] {
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

const sources = new WeakMap<Origin, TensorSource>();

export function sourceOf(origin: Origin): TensorSource {
  let source = sources.get(origin);
  if (!source) sources.set(origin, (source = new TensorSource(origin)));
  return source;
}

/** Reads whole tensors and slices of one trace. What costs more than a readback is kept until something else is asked. */
export class TensorSource {
  static #made = 0;
  /** Tells sources apart. */
  readonly id = TensorSource.#made++;
  #kept: { readonly key: string; readonly value: Promise<TensorData | TensorReference> } | null = null;

  constructor(readonly origin: Origin) {}

  /** @param fixed axes to cut at an index; a weight is given whole. @throws as `trace.read`, `model.weight` */
  async own(name: string, fixed: Index): Promise<TensorData & { readonly derived: boolean }> {
    const { trace, ask } = this.origin;
    if (!isWeight(trace, name)) return trace.read(name, fixed);
    const weight = await this.#keep(`weight ${name}`, () => ask((model) => model.weight(name)));
    return { ...(weight as TensorData), derived: false };
  }

  /** The tensor in float64, from the very inputs that the GPU read. @throws as `model.reference`; `no-webgpu` */
  reference(name: string): Promise<TensorReference> {
    return this.#keep(`float64 ${name}`, () =>
      this.origin.ask((model, trace) => onGpu(model, 'The comparison with float64').reference(trace, name)),
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
