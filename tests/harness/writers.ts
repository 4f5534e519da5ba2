import type { Invocation } from '../../src/kernels/kernel';
import type { Trace } from '../../src/trace/trace';

/** Of a product fused with its activation: who stores neuron 77 of the last of 7 positions, by the shader that runs it. */
const BY_SHADER: Readonly<Record<string, Invocation>> = {
  registers: { workgroup: [1, 0, 0], local: [1, 0, 0] }, // 64×64 by 8×8 invocations, each of 8×8
  tiled: { workgroup: [1, 0, 0], local: [3, 1, 0] }, // 64×64, an invocation four rows and four columns of each half
  quads: { workgroup: [1, 4, 0], local: [1, 0, 0] }, // 4×16, an invocation every fourth column
};

export function writerOfNeuron77({ program }: Pick<Trace, 'program'>): Invocation {
  const product = program.steps.find(({ outputs }) => outputs.y === 'blocks.1.mlp.hook_pre')!;
  return BY_SHADER[product.variant!]!;
}
