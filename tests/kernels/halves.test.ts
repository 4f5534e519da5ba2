/** Weights of two f16 in each word: every shader that takes them lies within the bound of float64 on the rounded ones. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import { fusions } from '../../src/kernels/fusions';
import { type Kernel, portSize, type Uniforms, type Variant } from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { type Halves, packHalves, unpackHalves } from '../../src/tensor/f16';
import { testGpu } from '../harness/fixtures';
import { numbers, ODD_SIZES, threeParts } from './numbers';
import { judge, truthOf } from './witness';

const { around } = numbers(3);
type Ports = Pick<Kernel, 'name' | 'ports'>;

/** Operands for a kernel: as the shader has them, and as they are. */
function operands({ ports }: Ports, u: Uniforms) {
  const held: Record<string, Float32Array | Uint32Array> = {};
  const values: Record<string, Float32Array | Uint32Array> = {};
  for (const port of ports) {
    if (port.access === 'write') continue;
    const size = portSize(port, u);
    if (port.type === 'u32')
      held[port.name] = values[port.name] = Uint32Array.from({ length: size }, (_, i) => i % u.vocab!);
    else if (!port.packs) held[port.name] = values[port.name] = around(0, size);
    else {
      const { words, changed } = packHalves(around(0, size)) as Halves;
      expect(changed).toBeGreaterThan(0);
      held[port.name] = words;
      values[port.name] = unpackHalves(words, size);
    }
  }
  return { held, values };
}

const packing = Object.values(kernels).filter(({ ports }) => ports.some(({ packs }) => packs));

test('those are the kernels that read a matrix of weights', () => {
  expect(packing.map(({ name }) => name).sort()).toEqual(['embed', 'head_result', 'matmul', 'pos_embed', 'unembed']);
});

const shaders = packing.flatMap((kernel) => kernel.variants.map((variant) => [kernel, variant] as const));

describe.each(shaders.map(([kernel, variant]) => [`${kernel.name} (${variant.name})`, kernel, variant] as const))(
  '%s',
  (_, kernel, variant) => {
    test.each([...ODD_SIZES.entries()])('odd sizes, row %i of a square', async (i, size) => {
      for (const j of ODD_SIZES.keys()) {
        const other = ODD_SIZES[(i + j) % ODD_SIZES.length]!;
        const u = {
          ...{ rows: size, inner: ODD_SIZES[j]!, cols: other },
          ...{ vocab: ODD_SIZES[j]!, model: other, first: 0, batch: 2, pos: Math.min(size, 9), n_ctx: 9 },
          ...{ head: 2, dim: 7 },
        };
        const { held, values } = operands(kernel, u);
        const outputs = await runKernel(await testGpu(), kernel, variant, u, held, {
          halves: true,
          poison: 0x7fc00000,
        });
        expect(judge(kernel, kernel.name, u, outputs, truthOf(kernel, u, values)).miss).toBeUndefined();
      }
    });
  },
);

const fused = Object.values(fusions).filter(({ ports }) => ports.some(({ packs }) => packs));

test.each(
  fused.flatMap((fusion) => fusion.variants.map((variant) => [fusion.name, variant.name, fusion, variant] as const)),
)('%s (%s) writes the bits of the product alone', async (name, variantName, fusion, variant) => {
  const gpu = await testGpu();
  const own = kernels.matmul!.variants.find((one) => one.name === variantName) as Variant;
  for (const rows of [1, 9]) {
    const u = { rows, inner: 35, cols: 66, ...threeParts(35, 66) };
    const { held } = operands(fusion, u);
    const together = await runKernel(gpu, fusion, variant, u, held, { halves: true });
    const alone = { ...held, w: held.w!.subarray(0, (35 * 66) / 2), bias: held.bias!.subarray(0, 66) };
    const { y } = await runKernel(gpu, kernels.matmul!, own, u, alone, { halves: true });
    expect(together[name === 'qkv' ? 'q' : 'y']).toEqual(y);
  }
});

test.each(['matmul', 'unembed'])(
  '%s: a row has the same bits among few as among many, in every shader',
  async (name) => {
    const gpu = await testGpu();
    const kernel = kernels[name]!;
    for (const [inner, cols] of [
      [257, 65],
      [2081, 18],
      [31, 130],
    ] as const) {
      const [x, w, bias] = [around(0, 70 * inner), around(0, inner * cols), around(0, cols)];
      for (const variant of kernel.variants) {
        const { y } = await runKernel(gpu, kernel, variant, { rows: 70, inner, cols }, { x, w, bias });
        for (const rows of [1, 2, 4, 5, 17]) {
          const few = await runKernel(
            gpu,
            kernel,
            variant,
            { rows, inner, cols },
            { x: x.slice(0, rows * inner), w, bias },
          );
          expect(few.y, `${variant.name}, ${rows} of ${inner}×${cols}`).toEqual(y!.slice(0, rows * cols));
        }
      }
    }
  },
);
