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
 * that reads it, both included: WebGPU tracks usage per buffer, so one dispatch cannot read and write the same one. The
 * largest are placed first, each into the smallest slot in which nothing lives meanwhile.
 */
export function planSlots(
  program: ForwardProgram,
  dispatches: readonly Pick<Step, 'inputs' | 'outputs'>[],
  keep: ReadonlySet<string>,
): SlotPlan {
  const lives = new Map<string, Life>();
  dispatches.forEach(({ inputs, outputs }, i) => {
    for (const name of Object.values(inputs)) if (lives.has(name)) lives.get(name)!.to = i;
    for (const name of Object.values(outputs)) if (!keep.has(name)) lives.set(name, { from: i, to: i });
  });
  const bytesOf = (name: string) => 4 * sizeOf(program.tensors[name]!.shape);
  const slotOf = new Map<string, number>();
  const slots: { readonly bytes: number; readonly lives: Life[] }[] = [];
  for (const [name, life] of [...lives].sort(([a], [b]) => bytesOf(b) - bytesOf(a))) {
    const free = slots.findLastIndex((slot) => slot.lives.every(({ from, to }) => to < life.from || life.to < from));
    const slot = free < 0 ? slots.push({ bytes: bytesOf(name), lives: [] }) - 1 : free;
    slots[slot]!.lives.push(life);
    slotOf.set(name, slot);
  }
  return { slotOf, slotBytes: slots.map(({ bytes }) => bytes) };
}

/** Of the dispatches, the one that writes a tensor, and the last one that reads it. */
interface Life {
  readonly from: number;
  to: number;
}
