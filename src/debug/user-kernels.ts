/** A user's WGSL in place of ours, by the file names of shaders/. */
import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { kernels } from '../kernels';
import { constantsOf, type Kernel, type Variant, workgroupsFor } from '../kernels/kernel';
import { nearest } from '../program/nearest';
import { pipelineSpec } from '../run/dispatch';
import { entryLine, verifyPorts, type WorkgroupSize, workgroupSizeOf } from './ports';

/** The name of the variant that a user's shader makes. */
export const USER = 'user';

/** WGSL by file name, such as `{ 'softmax.wgsl': code }`. */
export type KernelFiles = Readonly<Record<string, string>>;

/** A kernel with the user's shader that runs it. One file may serve two: matmul.wgsl computes `unembed` as well. */
export interface UserKernel {
  readonly file: string;
  readonly kernel: Kernel;
  readonly variant: Variant;
  /** Ours, of the same file name. */
  readonly ours: Variant;
  readonly workgroupSize: WorkgroupSize;
  /** Dispatched for one invocation per element or row, in one dimension that may be split in two. */
  readonly linear: boolean;
}

/** Every file name in shaders/, with what it computes. A shader's first words are its file name. */
export function shaderFiles(): ReadonlyMap<string, readonly { kernel: Kernel; ours: Variant }[]> {
  const files = new Map<string, { kernel: Kernel; ours: Variant }[]>();
  for (const kernel of Object.values(kernels)) {
    for (const ours of kernel.variants) {
      const file = `${ours.code.slice(3, ours.code.indexOf(':'))}.wgsl`;
      files.set(file, [...(files.get(file) ?? []), { kernel, ours }]);
    }
  }
  return files;
}

/**
 * Compiles and verifies a user's shaders.
 *
 * @param halves whether weights have two f16 in each word
 * @throws `kernel-invalid` for a file that is none of shaders/ or does not fit its kernel, `shader-invalid` for one that
 * does not compile, with line, column and the source line
 */
export async function userKernels(gpu: Gpu, files: KernelFiles, halves = false): Promise<UserKernel[]> {
  const known = shaderFiles();
  const unknown = Object.keys(files).find((file) => !known.has(file));
  if (unknown !== undefined) {
    const near = nearest(unknown, [...known.keys()]).join(', ');
    throw new FluoroscopeError('kernel-invalid', `No shader of ours is named ${unknown}. Near it: ${near}.`);
  }
  const found: UserKernel[] = [];
  for (const [file, code] of Object.entries(files)) {
    await gpu.pipelines.compile(file, code);
    for (const { kernel, ours } of known.get(file)!) {
      const packed = halves && kernel.ports.some(({ packs }) => packs === true);
      const { variant, ...size } = await userVariant(file, code, kernel, ours, packed);
      const spec = pipelineSpec(kernel, variant, ones(kernel), packed);
      await gpu.pipelines.get({ ...spec, label: `${file} (${kernel.name})` });
      found.push({ file, kernel, variant, ours, ...size });
    }
  }
  return found;
}

/**
 * The shader that runs each kernel. Of several for one kernel (matmul has four), one whose text is not ours comes first,
 * then the order of the registry: a copy of the whole folder with one file changed runs that file.
 */
export function chosen(found: readonly UserKernel[]): Map<string, Variant> {
  const variants = new Map<string, Variant>();
  for (const kernel of new Set(found.map((one) => one.kernel))) {
    const own = found.filter((one) => one.kernel === kernel);
    const order = own.toSorted((a, b) => kernel.variants.indexOf(a.ours) - kernel.variants.indexOf(b.ours));
    variants.set(kernel.name, (order.find(({ variant, ours }) => variant.code !== ours.code) ?? order[0]!).variant);
  }
  return variants;
}

/** The smallest problem. */
const ones = ({ uniforms }: Kernel) => Object.fromEntries(uniforms.map(({ name }) => [name, 1]));

/** Where ours has one invocation per element in one dimension, the user's workgroups may have another size. */
async function userVariant(
  file: string,
  code: string,
  kernel: Kernel,
  ours: Variant,
  halves: boolean,
): Promise<Pick<UserKernel, 'variant' | 'workgroupSize' | 'linear'>> {
  const constants = constantsOf(ours, ones(kernel), halves);
  const size = await verifyPorts(file, code, { kernel, constants, ours: ours.code });
  const expected = await workgroupSizeOf(file, ours.code);
  const linear = ours.name === 'clear' && expected[1] === 1 && expected[2] === 1;
  const fits = linear ? size[1] === 1 && size[2] === 1 : size.every((side, i) => side === expected[i]);
  if (!fits) {
    const wanted = linear ? '(SIZE), in one dimension' : `(${expected.join(', ')}), for which it is dispatched`;
    throw new FluoroscopeError(
      'kernel-invalid',
      `${file}:${entryLine(code)}: ${kernel.name} needs @workgroup_size${wanted}, got (${size.join(', ')}).`,
    );
  }
  const workgroups: Variant['workgroups'] = (u) => {
    const [x, y, z] = ours.workgroups(u);
    return linear && size[0] !== expected[0] ? workgroupsFor(x * y * z * expected[0], size[0]) : [x, y, z];
  };
  const { writer: _, ...rest } = ours; // Which of its invocations stores an element, only its own text says.
  return { variant: { ...rest, name: USER, code, workgroups }, workgroupSize: size, linear };
}
