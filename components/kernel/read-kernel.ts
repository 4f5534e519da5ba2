import type { KernelReflection, StepKernel, Trace } from '../../src/index';
import { reflectKernel, stepKernel } from '../../src/index';

export interface KernelData {
  readonly trace: Trace;
  readonly kernel: StepKernel;
  readonly reflection: KernelReflection;
}

/** @param variant the kernel's own shader of that name; the one that ran where there is none such */
export async function readKernel(trace: Trace, step: number, variant: string | null): Promise<KernelData> {
  const ran = stepKernel(trace.program, step);
  const isOther = variant !== null && ran.variants.includes(variant);
  const kernel = isOther ? stepKernel(trace.program, step, variant) : ran;
  return { trace, kernel, reflection: await reflectKernel(kernel.code, kernel.constants) };
}
