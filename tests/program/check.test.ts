import { describe, expect, test } from 'vitest';
import { transformer } from '../../src/model/transformer';
import { weightTable } from '../../src/model/weight-table';
import { checkProgram } from '../../src/program/check';
import { checkLimits } from '../../src/program/limits';
import { planSlots } from '../../src/program/liveness';
import { printProgram, stepRows } from '../../src/program/print';
import { type ForwardProgram, hookNames, type Step } from '../../src/program/program';
import { retained, stepsFor } from '../../src/program/retain';
import { tinyModel } from '../harness/tiny-model';

const { config } = tinyModel();
const program = transformer(config, weightTable(config, false, 2 ** 27), 2, 7);

/** The program with one step changed. */
function broken(kernel: string, change: (step: Step) => Partial<Step>): ForwardProgram {
  const at = program.steps.findIndex((step) => step.kernel === kernel);
  return { ...program, steps: program.steps.map((step, i) => (i === at ? { ...step, ...change(step) } : step)) };
}

describe('checkProgram', () => {
  test('accepts the forward pass', () => {
    expect(() => checkProgram(program)).not.toThrow();
  });

  const table: [string, ForwardProgram, string][] = [
    [
      'a kernel that does not exist',
      broken('add', () => ({ kernel: 'subtract' })),
      'blocks.0.hook_resid_pre: no kernel is named subtract. There are embed, pos_embed, add,',
    ],
    [
      'a port without a tensor',
      broken('layernorm', ({ inputs }) => ({ inputs: { x: inputs.x!, gain: inputs.gain! } })),
      "blocks.0.ln1.hook_scale: port bias of layernorm has no tensor. Name one in the step's inputs.",
    ],
    [
      'a port that the kernel lacks',
      broken('add', ({ inputs }) => ({ inputs: { ...inputs, c: 'hook_embed' } })),
      'add has no port c. It has a, b, sum.',
    ],
    [
      'an unknown tensor',
      broken('add', ({ inputs }) => ({ inputs: { ...inputs, b: 'hook_nothing' } })),
      'blocks.0.hook_resid_pre: port b of add names the tensor hook_nothing, which the program does not have.',
    ],
    [
      'a tensor read before it is written',
      broken('add', ({ inputs }) => ({ inputs: { ...inputs, b: 'blocks.1.hook_attn_out' } })),
      'blocks.0.hook_resid_pre: port b of add reads blocks.1.hook_attn_out before any step has written it.',
    ],
    [
      'a tensor written twice',
      broken('add', () => ({ outputs: { sum: 'hook_embed' } })),
      'hook_embed: port sum of add writes hook_embed, which is written already.',
    ],
    [
      'a size that does not fit',
      broken('gelu_new', ({ uniforms }) => ({ uniforms: { size: uniforms.size! - 1 } })),
      'blocks.0.mlp.hook_post: port x of gelu_new needs 909 = 909 elements, got 910 from blocks.0.mlp.hook_pre [batch 2, pos 7, neuron 65].',
    ],
    [
      'a weight of the wrong size',
      broken('unembed', ({ uniforms }) => ({ uniforms: { ...uniforms, cols: 64 } })),
      'unembed.hook_out: port w of unembed needs 64×35 = 2240 elements, got 3535 from unembed.W_U [model 35, vocab 101].',
    ],
    [
      'token ids where numbers belong',
      broken('gelu_new', () => ({ inputs: { x: 'tokens' }, uniforms: { size: 14 } })),
      'blocks.0.mlp.hook_post: port x of gelu_new holds f32, got tokens of u32.',
    ],
    [
      'a fractional count',
      broken('pos_embed', ({ uniforms }) => ({ uniforms: { ...uniforms, n_ctx: 0.4 } })),
      'hook_pos_embed: pos_embed needs the uniform n_ctx: u32, got 0.4.',
    ],
    [
      'a uniform that is not a number',
      broken('layernorm', ({ uniforms }) => ({ uniforms: { ...uniforms, eps: Number.NaN } })),
      'blocks.0.ln1.hook_scale: layernorm needs the uniform eps: f32, got NaN.',
    ],
    [
      'an output that nobody writes',
      { ...program, output: 'logits' },
      'output stands for logits, which no step writes.',
    ],
  ];
  test.each(table)('refuses %s', (_, bad, sentence) => {
    expect(() => checkProgram(bad)).toThrow(
      expect.objectContaining({ code: 'program-invalid', message: expect.stringContaining(sentence) }),
    );
  });

  test('refuses a binding that is larger than the device offers', () => {
    const limits = { maxStorageBufferBindingSize: 10000, maxStorageBuffersPerShaderStage: 8 };
    expect(() => checkLimits(program, limits)).toThrow(
      expect.objectContaining({
        code: 'limit-exceeded',
        message:
          'hook_embed: port table of embed binds 14140 bytes for embed.W_E; this device offers 10000 (maxStorageBufferBindingSize). Use a shorter prompt, a smaller batch or another adapter.',
      }),
    );
    const few = { maxStorageBufferBindingSize: 2 ** 27, maxStorageBuffersPerShaderStage: 4 };
    expect(() => checkLimits(program, few)).toThrow('layernorm binds 6 storage buffers; this device offers 4');
  });
});

test('hook names are the design’s, in the order of computation', () => {
  const layer = (l: number) =>
    [
      'hook_resid_pre',
      'ln1.hook_scale',
      'ln1.hook_normalized',
      'ln1.hook_out',
      'attn.hook_q',
      'attn.hook_k',
      'attn.hook_v',
      'attn.hook_attn_scores',
      'attn.hook_pattern',
      'attn.hook_z',
      'hook_attn_out',
      'hook_resid_mid',
      'ln2.hook_scale',
      'ln2.hook_normalized',
      'ln2.hook_out',
      'mlp.hook_pre',
      'mlp.hook_post',
      'hook_mlp_out',
      'hook_resid_post',
    ].map((name) => `blocks.${l}.${name}`);
  expect(hookNames(program)).toEqual([
    'hook_embed',
    'hook_pos_embed',
    ...layer(0),
    ...layer(1),
    'ln_final.hook_scale',
    'ln_final.hook_normalized',
    'ln_final.hook_out',
    'unembed.hook_out',
    'blocks.0.attn.hook_result',
    'blocks.1.attn.hook_result',
  ]);
});

test('a model without norms and MLPs has no tensors for them', () => {
  const bare = tinyModel({ attn_only: true, d_mlp: 0, normalization_type: null }).config;
  const names = hookNames(transformer(bare, weightTable(bare, false, 2 ** 27), 1, 3));
  expect(names.filter((name) => /ln|mlp|resid_mid/.test(name))).toEqual([]);
  expect(names).toContain('blocks.1.hook_resid_post');
});

test('slots never let a step write what it reads or what is still to be read', () => {
  const steps = program.steps;
  const keep = retained(program, []);
  const { slotOf, slotBytes } = planSlots(program, steps, keep);
  expect(slotBytes.length).toBeLessThan(slotOf.size / 3);
  const holds = new Map<number, string>();
  for (const step of steps) {
    for (const name of Object.values(step.inputs)) {
      const slot = slotOf.get(name);
      if (slot !== undefined) expect(holds.get(slot), `${name} for ${step.kernel}`).toBe(name);
    }
    const read = new Set(Object.values(step.inputs).map((name) => slotOf.get(name)));
    for (const name of Object.values(step.outputs)) {
      const slot = slotOf.get(name);
      if (slot === undefined) continue;
      expect(read.has(slot), `${name} overwrites an operand`).toBe(false);
      holds.set(slot, name);
    }
  }
});

test('from the checkpoints, a tensor needs its own layer only', () => {
  const keep = retained(program, 'checkpoints');
  const steps = stepsFor(program, ['blocks.1.mlp.hook_post'], (name) => keep.has(name));
  expect(steps.map((step) => step.kernel)).toEqual(['layernorm', 'matmul', 'gelu_new']);
});

test('an unknown name is answered with the nearest ones', () => {
  expect(() => retained(program, ['blocks.0.attn.hook_patern'])).toThrow(
    'This program has no tensor named blocks.0.attn.hook_patern. Near it: blocks.0.attn.hook_pattern,',
  );
});

test('the listing names every step with its shapes', () => {
  const rows = stepRows(program);
  expect(rows.length).toBe(program.steps.length);
  const scores = rows.find((row) => row.kernel === 'attn_scores')!;
  expect(scores.inputs).toEqual([
    'q = blocks.0.attn.hook_q [batch 2, pos 7, head 3, dim 7]',
    'k = blocks.0.attn.hook_k [batch 2, pos 7, head 3, dim 7]',
  ]);
  expect(scores.bytes).toBe(4 * (2 * 2 * 7 * 3 * 7 + 2 * 3 * 7 * 7));
  const text = printProgram(program);
  for (const name of hookNames(program).filter((hook) => !hook.includes('result'))) {
    expect(text).toContain(name === 'blocks.1.hook_resid_pre' ? 'blocks.0.hook_resid_post' : name);
  }
});

test('only what a pass computes can be read or retained', () => {
  expect(() => retained(program, ['embed.W_E'])).toThrow('embed.W_E is a weight: model.weight reads it.');
  expect(() => retained(program, ['tokens'])).toThrow('tokens is the input: trace.tokens has it.');
  for (const name of ['constructor', '__proto__', '']) {
    expect(() => retained(program, [name])).toThrow(expect.objectContaining({ code: 'tensor-unknown' }));
  }
});
