/** A fusion writes what its steps would write one by one, bit for bit. */
import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { kernels } from '../../src/kernels';
import type { Fusion } from '../../src/kernels/fusion';
import { fusions } from '../../src/kernels/fusions';
import { type Kernel, portSize, type Uniforms, type Variant } from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';
import { numbers, threeParts } from './numbers';

type Values = Record<string, Float32Array>;

const { around } = numbers(11);
const odd = [1, 3, 63, 65, 257];

const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

function inputsFor({ ports }: Pick<Kernel, 'ports'>, u: Uniforms, spread = 1): Values {
  const reads = ports.filter(({ access }) => access === 'read');
  return Object.fromEntries(reads.map((port) => [port.name, around(0, portSize(port, u), spread)]));
}

/** Runs one kernel after another as their steps would. */
async function oneByOne(fusion: Fusion, name: string, u: Uniforms, inputs: Values): Promise<Values> {
  const gpu = Gpu.of(await testDevice());
  const run = (kernel: string, variant: string, values: Uniforms, given: Values) => {
    const own = kernels[kernel]!;
    const named = own.variants.find((one) => one.name === variant) ?? own.variants[0];
    return runKernel(gpu, own, named, values, given);
  };
  if (fusion.name === 'qkv') {
    const { inner, cols, w_step, bias_step } = u as Record<'inner' | 'cols' | 'w_step' | 'bias_step', number>;
    const outputs: Values = {};
    for (const [i, part] of ['q', 'k', 'v'].entries()) {
      const w = inputs.w!.slice(i * w_step, i * w_step + inner * cols);
      const bias = inputs.bias!.slice(i * bias_step, i * bias_step + cols);
      outputs[part] = (await run('matmul', name, u, { x: inputs.x!, w, bias })).y!;
    }
    return outputs;
  }
  if (fusion.name === 'attn_pattern') {
    const { scores } = await run('attn_scores', name, u, inputs);
    const rows = { rows: u.batch! * u.head! * u.query!, cols: u.key! };
    return { scores: scores!, pattern: (await run('softmax', name, rows, { x: scores! })).y! };
  }
  if (fusion.name === 'extend_attention') {
    const outputs: Values = {};
    for (const part of ['scores', 'pattern']) {
      const given = { earlier: inputs[`earlier_${part}`]!, later: inputs[`later_${part}`]! };
      outputs[part] = (await run('extend_keys', name, { ...u, fill: u[`${part}_fill`]! }, given)).out!;
    }
    return outputs;
  }
  const { y } = await run('matmul', name, u, inputs);
  const size = { size: u.rows! * u.cols! };
  if (fusion.name === 'matmul_add') {
    return { y: y!, sum: (await run('add', 'clear', size, { a: inputs.stream!, b: y! })).sum! };
  }
  return { y: y!, fired: (await run(fusion.kernels[1]!, 'clear', size, { x: y! })).y! };
}

async function expectSameBits(fusion: Fusion, variant: Variant, u: Uniforms, inputs: Values): Promise<void> {
  const gpu = Gpu.of(await testDevice());
  const together = await runKernel(gpu, fusion, variant, u, inputs, { poison: 0x7fc00000 });
  const apart = await oneByOne(fusion, variant.name, u, inputs);
  expect(Object.keys(together).sort()).toEqual(Object.keys(apart).sort());
  for (const [port, values] of Object.entries(apart)) {
    expect(
      values.some((value) => value !== 0),
      port,
    ).toBe(true);
    expect(bits(together[port]!), `${port} of ${JSON.stringify(u)}`).toEqual(bits(values));
  }
}

const products = Object.values(fusions).filter(({ kernels: [first] }) => first === 'matmul');
const shaders = products.flatMap((fusion) => fusion.variants.map((variant) => [fusion, variant] as const));

describe.each(shaders.map(([fusion, variant]) => [`${fusion.name} (${variant.name})`, fusion, variant] as const))(
  '%s',
  (_, fusion, variant) => {
    test.each(odd.map((size, i) => [size, odd[(i + 2) % 5]!, odd[(i + 4) % 5]!] as const))(
      '%i×%i×%i',
      async (rows, inner, cols) => {
        const u = { rows, inner, cols, ...threeParts(inner, cols) };
        await expectSameBits(fusion, variant, u, inputsFor(fusion, u));
      },
    );

    test('values from −100 to 100', async () => {
      const u = { rows: 70, inner: 2, cols: 70, ...threeParts(2, 70) };
      await expectSameBits(fusion, variant, u, inputsFor(fusion, u, 40));
    });
  },
);

describe('attn_pattern', () => {
  const fusion = fusions.attn_pattern!;
  test.each([
    [{ batch: 2, head: 3, query: 9, key: 9, dim: 7 }, 1],
    [{ batch: 1, head: 1, query: 1, key: 1, dim: 1 }, 1],
    [{ batch: 1, head: 2, query: 65, key: 65, dim: 16 }, 1],
    [{ batch: 3, head: 1, query: 63, key: 63, dim: 3 }, 100],
    [{ batch: 1, head: 2, query: 3, key: 65, dim: 5 }, 1],
  ] as const)('%o, values around ±%i', async (sizes, spread) => {
    for (const causal of [0, 1]) {
      const u = { ...sizes, scale: 1 / Math.sqrt(sizes.dim), causal };
      for (const variant of fusion.variants) await expectSameBits(fusion, variant, u, inputsFor(fusion, u, spread));
    }
  });
});

test.each([
  { heads: 3, old: 6, past: 4, fresh: 3, pos: 7 },
  { heads: 8, old: 9, past: 9, fresh: 1, pos: 10 },
  { heads: 1, old: 1, past: 1, fresh: 65, pos: 66 },
])('extend_attention of %o', async (sizes) => {
  const fusion = fusions.extend_attention!;
  const u = { ...sizes, scores_fill: -1e30, pattern_fill: 0 };
  await expectSameBits(fusion, fusion.variants[0], u, inputsFor(fusion, u));
});
