import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { kernels } from '../kernels';
import type { Kernel, Variant } from '../kernels/kernel';
import type { ForwardProgram, Step } from '../program/program';
import { remember, remembered } from './remembered';

/** Which shader of a kernel to run on this device. */
export type VariantChoice = (kernel: Kernel) => Variant;

/**
 * The shader that a step runs: the one that it names, of those of its kernel and the one chosen here.
 *
 * @throws `program-invalid` for a name that is none of them
 */
export function variantOf(step: Step, choice: VariantChoice): Variant {
  const kernel = kernels[step.kernel]!;
  const chosen = choice(kernel);
  if (step.variant === undefined || step.variant === chosen.name) return chosen;
  const named = kernel.variants.find(({ name }) => name === step.variant);
  if (named) return named;
  const names = [...new Set([...kernel.variants, chosen].map(({ name }) => name))].join(', ');
  throw new FluoroscopeError(
    'program-invalid',
    `${Object.values(step.outputs)[0]}: ${step.kernel} has no shader named ${step.variant}. There are ${names}.`,
  );
}

/**
 * The same program, each step with the name of the shader that runs it here; a name that it has already stays.
 *
 * @throws `program-invalid` for a name that no shader of its kernel has
 */
export function withVariants(program: ForwardProgram, choice: VariantChoice): ForwardProgram {
  const named = (step: Step): Step => ({ ...step, variant: variantOf(step, choice).name });
  return { ...program, steps: program.steps.map(named), derived: program.derived.map(named) };
}

const choices = new WeakMap<Gpu, Promise<VariantChoice>>();

/**
 * Measures the product of matrices, once per device, and takes the fastest of its shaders. Another kernel runs its shader of
 * the same name, which does the same to be fast, or its clear one. A page's storage keeps the name for the next visit with
 * this adapter and these shaders.
 *
 * @throws `device-lost`, and then nothing is kept: another device is measured anew
 */
export function chooseVariants(gpu: Gpu): Promise<VariantChoice> {
  let choice = choices.get(gpu);
  if (!choice) {
    choices.set(gpu, (choice = measured(gpu)));
    choice.catch(() => choices.delete(gpu));
  }
  return choice;
}

async function measured(gpu: Gpu): Promise<VariantChoice> {
  const candidates = kernels.matmul!.variants.filter(({ feature }) => !feature || gpu.device.features.has(feature));
  const key = choiceKey(gpu.adapterName, candidates);
  const last = remembered(key);
  const kept = candidates.find(({ name }) => name === last);
  const fastest = kept?.name ?? (await measure(gpu, candidates.filter(worthwhile(gpu))));
  if (!kept) remember(key, fastest);
  return ({ variants }) => variants.find(({ name }) => name === fastest) ?? variants[0];
}

/**
 * Where the adapter is software, barriers are emulated: a shader that has them compiles for more than a second, which the
 * first visit would wait for, and takes twice as long as others without.
 */
function worthwhile({ device }: Gpu): (variant: Variant) => boolean {
  return ({ code }) => !device.adapterInfo.isFallbackAdapter || !code.includes('workgroupBarrier');
}

/** Changes with the adapter, and with any of the shaders' texts (FNV-1a). */
export function choiceKey(adapter: string, candidates: readonly Variant[]): string {
  let hash = 0x811c9dc5;
  for (const char of candidates.map(({ code }) => code).join()) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return `fastest product on ${adapter}, ${hash.toString(16)}`;
}

/** Once per adapter and browser: a later visit does not load what measures. */
async function measure(gpu: Gpu, candidates: readonly Variant[]): Promise<string> {
  const { fastestOf } = await import('./fastest');
  return (await fastestOf(gpu, kernels.matmul!, candidates)).name;
}
