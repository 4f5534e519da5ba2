/** What a pass needs of the GPU's memory beside the weights, counted from its plan: nothing runs. */
import { planSlots } from '../program/liveness';
import type { ForwardProgram } from '../program/program';
import { type Retain, retained, stepsFor } from '../program/retain';
import { sizeOf } from '../tensor/layout';
import { UNIFORM_ALIGNMENT, workOf } from './execution';
import type { VariantChoice } from './variants';

/** In bytes. */
export interface PassMemory {
  /** Of each tensor that stays: what `retain` names, and the inputs. */
  readonly kept: Readonly<Record<string, number>>;
  /** Of the buffers that all other tensors share. */
  readonly shared: readonly number[];
  /** Of the dispatches' parameters. */
  readonly uniforms: number;
  /** Of it all. */
  readonly bytes: number;
}

export function passMemory(program: ForwardProgram, retain: Retain, choice: VariantChoice): PassMemory {
  const keep = retained(program, retain);
  const { tensors } = program;
  for (const [name, { role }] of Object.entries(tensors)) if (role === 'input') keep.add(name);
  const steps = stepsFor(program, keep, () => false);
  const work = workOf({ program, steps }, choice);
  const { slotBytes } = planSlots(program, work, keep);
  const kept = Object.fromEntries([...keep].map((name) => [name, 4 * sizeOf(tensors[name]!.shape)]));
  const uniforms = UNIFORM_ALIGNMENT * work.length;
  const bytes = [...Object.values(kept), ...slotBytes, uniforms].reduce((sum, size) => sum + size, 0);
  return { kept, shared: slotBytes, uniforms, bytes };
}
