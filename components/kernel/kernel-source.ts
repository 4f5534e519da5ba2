/** The text of a step's shader, what a parser of WGSL tells of it, and how both are shown. It comes after the rest. */
import { type KernelReflection, reflectKernel, type StepKernel, stepKernel, type Trace } from '../../src/index';

export { sourceStyles as styles, sourceView } from './source-view';

export interface KernelShader {
  readonly kernel: StepKernel;
  readonly reflection: KernelReflection;
}

/** @param variant the kernel's own shader of that name; the one that ran where there is none such */
export async function readShader({ program }: Trace, step: number, variant: string | null): Promise<KernelShader> {
  const ran = stepKernel(program, step);
  const isOther = variant !== null && ran.variants.includes(variant);
  const kernel = isOther ? stepKernel(program, step, variant) : ran;
  return { kernel, reflection: await reflectKernel(kernel.code, kernel.constants) };
}
