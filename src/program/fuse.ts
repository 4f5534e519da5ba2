/** Which steps of a program run as one dispatch. */
import { kernels } from '../kernels';
import type { Call, Fusion, Place } from '../kernels/fusion';
import { fusions } from '../kernels/fusions';
import type { Variant } from '../kernels/kernel';
import type { ForwardProgram, Step } from './program';

/** Steps that one dispatch computes: from the step `first` on, as many as the fusion has kernels. */
export interface Fused {
  readonly first: number;
  readonly fusion: Fusion;
  readonly variant: Variant;
  readonly call: Omit<Call, 'kernel'>;
}

/**
 * Names on each step the fusion that it runs in. Their shaders have to be known by then: a step whose shader a fusion has
 * no equal of, such as a user's own, runs alone.
 */
export function fuse(program: ForwardProgram): ForwardProgram {
  let fused = done.get(program);
  if (!fused) done.set(program, (fused = named(program)));
  return fused;
}

const done = new WeakMap<ForwardProgram, ForwardProgram>();

function named(program: ForwardProgram): ForwardProgram {
  const steps = program.steps.map(({ fusion: _, ...step }): Step => step);
  const place = placeIn(program);
  for (let first = 0; first < steps.length; ) {
    const found = Object.values(fusions).find((fusion) => fusedAt(fusion, steps, first, place));
    const count = found?.kernels.length ?? 1;
    if (found) for (let i = first; i < first + count; i++) steps[i] = { ...steps[i]!, fusion: found.name };
    first += count;
  }
  return { ...program, steps };
}

/** The one dispatch for the steps from `first` on; null where they are not the fusion's, or do not hang together so. */
function fusedAt(fusion: Fusion, steps: readonly Step[], first: number, place: Place): Fused | null {
  const calls = steps.slice(first, first + fusion.kernels.length);
  if (!fusion.kernels.every((kernel, i) => kernel === calls[i]?.kernel)) return null;
  const variant = variantFor(fusion, calls);
  const call = variant && fusion.join(calls, place);
  return variant && call ? { first, fusion, variant, call } : null;
}

/** The fusion's shader with the bits of the steps' own; none where they differ from those that it stands for. */
function variantFor({ variants }: Fusion, calls: readonly Step[]): Variant | undefined {
  return variants.find(({ name: wanted }) => {
    const has = ({ kernel }: Step) => kernels[kernel]!.variants.some(({ name }) => name === wanted);
    return calls.every((step) => step.variant === (has(step) ? wanted : 'clear'));
  });
}

/** The fused dispatches among steps that are named so, of those that run: where one of its steps does not, none. */
export function fusedSteps(program: ForwardProgram, steps: readonly Step[]): Fused[] {
  const place = placeIn(program);
  const found: Fused[] = [];
  for (let first = 0; first < steps.length; first++) {
    const fusion = fusions[steps[first]!.fusion ?? ''];
    const fused = fusion && fusedAt(fusion, steps, first, place);
    if (!fused || fusion.kernels.some((_, i) => steps[first + i]!.fusion !== fusion.name)) continue;
    found.push(fused);
    first += fusion.kernels.length - 1;
  }
  return found;
}

/** The fused dispatch that a step of the program is part of. */
export function fusedWith(program: ForwardProgram, step: Step): Fused | undefined {
  const at = program.steps.indexOf(step);
  return fusedSteps(program, program.steps).find(
    ({ first, fusion }) => at >= first && at < first + fusion.kernels.length,
  );
}

function placeIn({ tensors }: ForwardProgram): Place {
  return (name) => tensors[name]?.within;
}
