/** What steps and dispatches ask of the device: worked out by hand, and set against what the references read and a pass runs. */
import { describe, expect, test } from 'vitest';
import { examplesOf } from '../../src/debug/examples';
import { stepKernel } from '../../src/debug/step-kernel';
import { kernels } from '../../src/kernels';
import type { Kernel, Uniforms } from '../../src/kernels/kernel';
import { transformer } from '../../src/model/transformer';
import { weightTable } from '../../src/model/weight-table';
import { fuse } from '../../src/program/fuse';
import { stepRows } from '../../src/program/print';
import type { ForwardProgram, Step } from '../../src/program/program';
import { dispatchCosts, stepCost } from '../../src/run/cost';
import { withVariants } from '../../src/run/variants';
import { fixtureModel, fixtures } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

function stepOf(kernel: Kernel, uniforms: Uniforms): Step {
  const wired = (access: 'read' | 'write') =>
    Object.fromEntries(kernel.ports.filter((port) => port.access === access).map(({ name }) => [name, name]));
  return { kernel: kernel.name, inputs: wired('read'), outputs: wired('write'), uniforms, about: '' };
}

describe('a step reads as many elements as its reference looks at', () => {
  test.each(Object.values(kernels).map((kernel): [string, Kernel] => [kernel.name, kernel]))('%s', (_, kernel) => {
    const plain = examplesOf(kernel).filter(({ about }) => about === '');
    expect(plain.length).toBeGreaterThan(2);
    for (const { uniforms, inputs } of plain) {
      const { vocab = 1, first = 0 } = uniforms;
      let looked = 0;
      const watched = Object.entries(inputs).map(([port, values]) => {
        // A row that is asked for twice would count twice.
        const own = Array.from(values, (value, i) => (port === 'ids' ? first + (i % vocab) : value));
        const seen = new Set<string>();
        const get = (target: number[], key: string) => {
          if (/^\d+$/.test(key) && !seen.has(key)) {
            seen.add(key);
            looked++;
          }
          return Reflect.get(target, key);
        };
        return [port, new Proxy(own, { get: (target, key) => get(target, String(key)) })] as const;
      });
      kernel.reference(uniforms, Object.fromEntries(watched));
      expect(stepCost(stepOf(kernel, uniforms)).bytesRead, JSON.stringify(uniforms)).toBe(4 * looked);
    }
  });
});

const sizes = { n_layers: 1, n_heads: 2, d_model: 6, d_head: 3, d_mlp: 8, d_vocab: 11, d_vocab_out: 11, n_ctx: 9 };
const { config } = tinyModel(sizes);

function pass(precision: 'f32' | 'f16' = 'f32'): ForwardProgram {
  const tiled = ({ variants }: Kernel) => variants.find(({ name }) => name === 'tiled') ?? variants[0];
  return fuse(withVariants(transformer(config, weightTable(config, false, 2 ** 20, precision), 1, 5), tiled));
}

/** Of 5 positions, 6 wide: a tensor of the stream has 30 elements, scores of two heads 50. */
const DISPATCHES: readonly (readonly [what: string, flops: number, read: number, written: number])[] = [
  ['embed: 5 ids, and their rows of 11', 0, 5 + 30, 30],
  ['pos_embed: 5 rows of 9', 0, 30, 30],
  ['add', 30, 30 + 30, 30],
  ['layernorm with gain and bias: scale, normalized, out', 7 * 30, 30 + 6 + 6, 5 + 30 + 30],
  ['q, k and v of one input', 3 * 2 * 5 * 36, 30 + 3 * (36 + 6), 3 * 30],
  ['scores of q and k, and their softmax', 2 * 50 * 3 + 5 * 50, 30 + 30, 50 + 50],
  ['z of pattern and v', 2 * 50 * 3, 50 + 30, 30],
  ['attn_out, added to the stream', 2 * 5 * 36 + 30, 30 + 36 + 6 + 30, 30 + 30],
  ['layernorm', 7 * 30, 30 + 6 + 6, 5 + 30 + 30],
  ['8 neurons before and after gelu_new', 2 * 5 * 48 + 9 * 40, 30 + 48 + 8, 40 + 40],
  ['mlp_out, added to the stream', 2 * 5 * 48 + 30, 40 + 48 + 6 + 30, 30 + 30],
  ['layernorm', 7 * 30, 30 + 6 + 6, 5 + 30 + 30],
  ['logits of 11 tokens', 2 * 5 * 66, 30 + 66 + 11, 55],
];

test('a pass costs what its dispatches cost: each reads its operands once and writes all that its steps write', () => {
  const counted = DISPATCHES.map(([, flops, read, written]) => {
    const [bytesRead, bytesWritten] = [4 * read, 4 * written];
    return { flops, bytesRead, bytesWritten, intensity: flops / (bytesRead + bytesWritten) };
  });
  expect(dispatchCosts(pass())).toEqual(counted);
});

test('matrices of f16 are read in half the bytes', () => {
  // Elements of the matrices that each dispatch reads.
  const matrices = [30, 30, 0, 0, 3 * 36, 0, 0, 36, 0, 48, 48, 0, 66];
  const saved = dispatchCosts(pass('f16')).map(({ bytesRead }, i) => 4 * DISPATCHES[i]![2] - bytesRead);
  expect(saved).toEqual(matrices.map((elements) => 2 * elements));
  // Of q: x and the bias are f32.
  const cost = { bytesRead: 4 * (30 + 6) + 2 * 36 };
  expect(stepKernel(pass('f16'), 4)).toMatchObject({ kernel: 'matmul', constants: { HALF: 1 }, cost });
});

test('steps one by one read again what a fused dispatch has', () => {
  const { steps, tensors } = pass();
  const read = (costs: readonly { readonly bytesRead: number }[]) => costs.reduce((sum, one) => sum + one.bytesRead, 0);
  const alone = steps.map((step) => stepCost(step, tensors));
  // x twice more for k and v, scores, attn_out, the neurons before gelu_new, mlp_out.
  expect(read(alone) - read(dispatchCosts(pass()))).toBe(4 * (30 + 30 + 50 + 30 + 40 + 30));
  expect(dispatchCosts({ ...pass(), steps: steps.map(({ fusion: _, ...step }) => step) })).toEqual(alone);
  expect(stepRows(pass()).map(({ bytes }) => bytes)).toEqual(
    alone.map(({ bytesRead, bytesWritten }) => bytesRead + bytesWritten),
  );
});

test('a table counts with the rows that are taken, and whole where more are asked for than it has', () => {
  const embed = (rows: number) => {
    return stepCost(stepOf(kernels.embed!, { rows, vocab: 50257, model: 768, first: 0 })).bytesRead;
  };
  expect([1, 64].map(embed)).toEqual([4 * (1 + 768), 4 * (64 + 64 * 768)]);
  expect(embed(60_000)).toBe(4 * (60_000 + 50257 * 768));
  // Each batch entry has the same rows.
  const positions = { batch: 3, pos: 5, model: 768, n_ctx: 1024 };
  expect(stepCost(stepOf(kernels.pos_embed!, positions))).toMatchObject({
    bytesRead: 4 * 5 * 768,
    bytesWritten: 4 * 3 * 5 * 768,
  });
});

test('of an earlier pass the queries and keys that are taken over count', () => {
  const uniforms = { heads: 4, old: 9, past: 6, fresh: 2, pos: 8, fill: 0 };
  const bytesRead = 4 * 4 * (6 * 6 + 2 * 8);
  expect(stepCost(stepOf(kernels.extend_keys!, uniforms))).toMatchObject({ bytesRead, bytesWritten: 4 * 4 * 8 * 8 });
});

test.each(fixtures)('%s: as many dispatches and operations as a pass runs', async (name) => {
  const model = await fixtureModel(name);
  const { dispatches, flops } = model.counters;
  (await model.run([0, 1, 2])).dispose();
  const costs = dispatchCosts(fuse(model.program(1, 3)));
  expect(costs.length).toBe(model.counters.dispatches - dispatches);
  expect(costs.reduce((sum, one) => sum + one.flops, 0)).toBe(model.counters.flops - flops);
});
