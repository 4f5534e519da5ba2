import { sizeOf } from '../tensor/layout';
import type { ForwardProgram, Step } from './program';

/** Where each tensor that is not retained lives: a slot, shared with others whose lives do not overlap. */
export interface SlotPlan {
  /** Slot number by tensor. */
  readonly slotOf: ReadonlyMap<string, number>;
  /** Bytes of each slot. */
  readonly slotBytes: readonly number[];
}

/**
 * Shares memory between tensors that are not retained. A tensor lives from the dispatch that writes it to the last one
 * that reads it, both included: WebGPU tracks usage per buffer, so one dispatch cannot read and write the same one.
 */
export function planSlots(
  program: ForwardProgram,
  dispatches: readonly Pick<Step, 'inputs' | 'outputs'>[],
  keep: ReadonlySet<string>,
): SlotPlan {
  const lastUse = new Map<string, number>();
  dispatches.forEach(({ inputs, outputs }, i) => {
    for (const name of [...Object.values(inputs), ...Object.values(outputs)]) lastUse.set(name, i);
  });
  const slotOf = new Map<string, number>();
  const slotBytes: number[] = [];
  const busyUntil: number[] = [];
  dispatches.forEach(({ outputs }, i) => {
    for (const name of Object.values(outputs)) {
      if (keep.has(name)) continue;
      const bytes = 4 * sizeOf(program.tensors[name]!.shape);
      const slot = closest(slotBytes, bytes, (candidate) => busyUntil[candidate]! < i) ?? slotBytes.push(0) - 1;
      slotOf.set(name, slot);
      slotBytes[slot] = Math.max(slotBytes[slot]!, bytes);
      busyUntil[slot] = lastUse.get(name)!;
    }
  });
  return { slotOf, slotBytes };
}

/** The free slot whose size is nearest to what is needed. */
function closest(sizes: readonly number[], bytes: number, free: (slot: number) => boolean): number | undefined {
  const candidates = sizes.map((_, slot) => slot).filter(free);
  return candidates.sort((a, b) => Math.abs(sizes[a]! - bytes) - Math.abs(sizes[b]! - bytes))[0];
}
