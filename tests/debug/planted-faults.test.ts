/** Faults planted on purpose: each is found in at most three actions, an action being one call of the public API. */
import { describe, expect, test } from 'vitest';
import { shaderFiles } from '../../src/debug/user-kernels';
import {
  compareTraces,
  describeFault,
  describeStepError,
  type ForwardProgram,
  type KernelExamination,
  loadModel,
  type Model,
  readTrace,
  type StepError,
  type Trace,
  writeTrace,
} from '../../src/index';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];

/** Three layers, so that layer 2 is one of several. */
const load = async (kernels: Record<string, string> = {}): Promise<Model> =>
  loadModel(tinyModel({ n_layers: 3 }), { device: await testDevice(), kernels });

const ours = (file: string) => shaderFiles().get(file)![0]!.ours.code;

function changed(file: string, from: string, to: string): Record<string, string> {
  expect(ours(file)).toContain(from);
  return { [file]: ours(file).replaceAll(from, to) };
}

/** One step of the program otherwise: the one that writes this tensor. */
function otherwise(tensor: string, change: Partial<ForwardProgram['steps'][number]>) {
  return (program: ForwardProgram): ForwardProgram => {
    const at = program.steps.findIndex((step) => Object.values(step.outputs).includes(tensor));
    expect(at).toBeGreaterThan(0);
    return { ...program, steps: program.steps.map((step, i) => (i === at ? { ...step, ...change } : step)) };
  };
}

async function misses(model: Model, trace: Trace): Promise<StepError[]> {
  const found: StepError[] = [];
  for await (const error of model.check(trace)) if (!error.ok) found.push(error);
  return found;
}

async function examined(model: Model): Promise<KernelExamination[]> {
  const found: KernelExamination[] = [];
  for await (const examination of model.examineKernels()) found.push(examination);
  return found;
}

const SCALE = 'blocks.1.ln2.hook_scale';
const withEps = (model: Model) => {
  const step = model.program(2, 7).steps.find(({ outputs }) => outputs.scale === SCALE)!;
  return otherwise(SCALE, { uniforms: { ...step.uniforms, eps: 1e-3 } });
};

describe('a wrong epsilon in one layernorm', () => {
  test('one action: check names the step, the value and the uniform', async () => {
    const model = await load();
    const trace = await model.run(prompt, { rewrite: withEps(model) });
    const found = await misses(model, trace); // action 1
    expect(new Set(found.map(({ step }) => step)).size).toBe(1);
    expect(found[0]).toMatchObject({
      tensor: SCALE,
      kernel: 'layernorm',
      differs: [{ tensor: SCALE, what: 'uniform eps', got: 1e-3, expected: 1e-5 }],
    });
    expect(found[0]!.misses).toBeGreaterThan(0);
    expect(describeStepError(found[0]!)).toMatch(
      /; blocks\.1\.ln2\.hook_scale: uniform eps is 0\.001, expected 0\.00001$/,
    );
    expect(await model.whyMissed(trace, found[0]!)).toContain(
      "The program has uniform eps 0.001, the model's own has 0.00001.",
    );
    for (const each of [trace, model]) each.dispose();
  });

  test('two actions, in a recording whose program does not confess: read the file, check it', async () => {
    const model = await load();
    const faulty = await model.run(prompt, { rewrite: withEps(model) });
    // As another implementation would write it, which means to have the right eps.
    const bytes = await writeTrace(faulty);
    const [wrong, meant] = ['\\"eps\\":0.001', '\\"eps\\":1e-5'];
    const at = new TextDecoder('latin1').decode(bytes).indexOf(wrong);
    expect(at).toBeGreaterThan(0);
    bytes.set(new TextEncoder().encode(meant.padEnd(wrong.length)), at);
    const recorded = readTrace(bytes); // action 1
    const found = await misses(model, recorded); // action 2
    expect(found.map(({ tensor, differs }) => [tensor, differs])).toEqual([
      [SCALE, []],
      ['blocks.1.ln2.hook_normalized', []],
      ['blocks.1.ln2.hook_out', []],
    ]);
    for (const each of [faulty, recorded, model]) each.dispose();
  });

  test('one action where a right pass is at hand: compareTraces names the uniform and the first tensor', async () => {
    const model = await load();
    const [right, wrong] = [await model.run(prompt), await model.run(prompt, { rewrite: withEps(model) })];
    const { program, first } = await compareTraces(right, wrong); // action 1
    expect(program).toEqual([
      { step: expect.any(Number), tensor: SCALE, what: 'uniform eps', got: 1e-3, expected: 1e-5 },
    ]);
    expect(first).toMatchObject({ tensor: SCALE, at: { batch: 0, pos: 0, one: 0 }, kernel: 'layernorm' });
    expect(first!.values[1]).toBeGreaterThan(first!.values[0]);
    for (const each of [right, wrong, model]) each.dispose();
  });
});

describe('a mask off by one in layer 2 only', () => {
  const SCORES = 'blocks.2.attn.hook_attn_scores';
  /** The shader sees one token ahead; layers 0 and 1 run ours. */
  const faulty = async () => {
    const model = await load(changed('attn_scores.wgsl', 'key > query', 'key > query + 1'));
    return { model, trace: await model.run(prompt, { rewrite: clearScores(SCORES) }) };
  };
  /** Our clear shader for all scores but some. */
  const clearScores =
    (but?: string) =>
    (program: ForwardProgram): ForwardProgram => ({
      ...program,
      steps: program.steps.map((step) =>
        step.kernel === 'attn_scores' && step.outputs.scores !== but ? { ...step, variant: 'clear' } : step,
      ),
    });

  test('two actions: check names the step and a score that should be masked, whyMissed the shader', async () => {
    const { model, trace } = await faulty();
    const found = await misses(model, trace); // action 1
    expect(found.map(({ tensor }) => tensor)).toEqual([SCORES]);
    const { at, expected, variant, misses: count } = found[0]!;
    expect(at.key).toBe(at.query! + 1);
    expect(expected).toBe(Math.fround(-1e30));
    expect(variant).toBe('user');
    expect(count).toBe(2 * 3 * 6); // batch, heads, queries that have a next key
    expect(await model.whyMissed(trace, found[0]!)).toEqual([
      '36 elements lie beyond the bound.',
      'Ours, on the very same operands, stays within the bound: the fault is in attn_scores.wgsl.',
    ]); // action 2
    for (const each of [trace, model]) each.dispose();
  });

  test('one action where a right pass is at hand: compareTraces names the layer, the query and the key', async () => {
    const { model, trace } = await faulty();
    const plain = await load();
    const right = await plain.run(prompt, { rewrite: clearScores() }); // as the faulty one's other layers
    const { program, first } = await compareTraces(right, trace); // action 1
    expect(program).toEqual([]);
    expect(first).toMatchObject({
      tensor: SCORES,
      kernel: 'attn_scores',
      at: { batch: 0, head: 0, query: 0, key: 1 },
      count: 36,
    });
    expect(first!.values[0]).toBe(Math.fround(-1e30));
    for (const each of [trace, right, model, plain]) each.dispose();
  });

  test('no mask at all in layer 2 is a uniform', async () => {
    const model = await load();
    const step = model.program(2, 7).steps.find(({ outputs }) => outputs.scores === SCORES)!;
    const rewrite = otherwise(SCORES, { uniforms: { ...step.uniforms, causal: 0 } });
    const trace = await model.run(prompt, { rewrite });
    const found = await misses(model, trace); // action 1
    expect(found.map(({ tensor, differs }) => [tensor, differs[0]!.what])).toEqual([[SCORES, 'uniform causal']]);
    for (const each of [trace, model]) each.dispose();
  });
});

describe("a user's kernel", () => {
  const faultOf = async (kernels: Record<string, string>, kind: string) => {
    const model = await load(kernels);
    const found = await examined(model); // action 1
    const [examination] = found;
    const fault = examination!.faults.find((one) => one.kind === kind);
    expect(fault, JSON.stringify(found)).toBeDefined();
    model.dispose();
    return describeFault(examination!, fault!);
  };

  test('an uninitialised read: one action, the examination', async () => {
    const kernels = changed('attn_mix.wgsl', 'z[i] = sum;', 'z[i] += sum;');
    expect(await faultOf(kernels, 'uninitialised')).toMatch(
      /^attn_mix\.wgsl \(attn_mix\), .*: z\[batch 0, query 0, head 0, dim 0\] depends on what an output held before/,
    );
  });

  test('a race: one action, the examination', async () => {
    const kernels = changed('add.wgsl', 'sum[i] = a[i] + b[i];', 'sum[i] = a[i];\n  sum[(i + 1) % u.size] += b[i];');
    expect(await faultOf(kernels, 'race')).toMatch(
      /^add\.wgsl \(add\), size 3: sum\[\d\]: lane \d \w+ it on line 2\d and lane \d \w+ it on line 2\d; no storageBarrier lies between them\.$/,
    );
  });

  test('a tile that is overwritten while others still read it: one action, the examination', async () => {
    const code = ours('matmul_tiled.wgsl').replace(
      / {4}workgroupBarrier\(\);\n\n {4}\/\/ The run ends/,
      '    // The run ends',
    );
    expect(code).not.toBe(ours('matmul_tiled.wgsl'));
    expect(await faultOf({ 'matmul_tiled.wgsl': code }, 'race')).toMatch(
      /^matmul_tiled\.wgsl \(matmul\), rows 5, inner 65, cols 2: [xw]_tile\[\d+\]: lane \d+ reads it on line 11\d and lane \d+ writes it on line (55|61); no workgroupBarrier lies between them\.$/,
    );
  });

  test('a loop that does not end: one action, the examination, which keeps it from the GPU', async () => {
    const kernels = changed('add.wgsl', '  sum[i] =', '  while (u.size > 0) { sum[i] = 0; }\n  sum[i] =');
    expect(await faultOf(kernels, 'no-end')).toMatch(
      /^add\.wgsl \(add\), size 1: Line 20, lane 0: the workgroup has not ended after 500,000 statements\. The GPU/,
    );
  });

  test('an overflow in GELU: one action, the examination; a model whose inputs reach it, two', async () => {
    const infinities = 'let t = exp(z); // past 88 that is infinite\n  y[i] = value * (t / (1 + t));';
    const kernels = { 'gelu_new.wgsl': ours('gelu_new.wgsl').replace(/ {2}y\[i\] = .*/, `  ${infinities}`) };
    expect(await faultOf(kernels, 'wrong')).toMatch(/y\[size \d+\] is NaN, float64 gives \d+.* \(values up to ±1e4\)$/);

    const model = await load(kernels);
    const big = { at: 'blocks.1.mlp.hook_pre', op: 'scale', by: 100 } as const;
    const trace = await model.run(prompt, { edits: [big] });
    const [first] = await misses(model, trace); // action 1
    expect(first).toMatchObject({ tensor: 'blocks.1.mlp.hook_post', kernel: 'gelu_new', variant: 'user', value: NaN });
    expect(await model.whyMissed(trace, first!)).toEqual([
      expect.stringMatching(/^\d+ elements lie beyond the bound\.$/),
      'All that it has read is finite: the step itself made the value.',
      'Ours, on the very same operands, stays within the bound: the fault is in gelu_new.wgsl.',
    ]); // action 2
    for (const each of [trace, model]) each.dispose();
  });
});

describe('compareTraces', () => {
  test('two passes of one model are equal to the bit, a recording equals what it records', async () => {
    const model = await load();
    const [a, b] = [await model.run(prompt), await model.run(prompt)];
    const recorded = readTrace(await writeTrace(a));
    const steps = a.program.steps.flatMap(({ outputs }) => Object.values(outputs)).length;
    expect(await compareTraces(a, b)).toEqual({ program: [], first: null, compared: steps });
    expect(await compareTraces(a, recorded)).toEqual({ program: [], first: null, compared: steps });
    expect(await misses(model, recorded)).toEqual([]);
    for (const each of [a, b, recorded, model]) each.dispose();
  });

  test('a tolerance lets roundings pass', async () => {
    const model = await load();
    const plain = await model.run(prompt);
    const rewrite = otherwise(SCALE, {
      uniforms: {
        ...model.program(2, 7).steps.find(({ outputs }) => outputs.scale === SCALE)!.uniforms,
        eps: 1.0001e-5,
      },
    });
    const near = await model.run(prompt, { rewrite });
    expect((await compareTraces(plain, near, { within: 1e-3 })).first).toBeNull();
    expect((await compareTraces(plain, near)).program[0]).toMatchObject({ what: 'uniform eps' });
    for (const each of [plain, near, model]) each.dispose();
  });

  test('an edit is no difference of the programs, but its values are', async () => {
    const model = await load();
    const plain = await model.run(prompt);
    const edited = await model.run(prompt, { edits: [{ at: 'blocks.1.hook_resid_mid', op: 'zero' }] });
    const { program, first } = await compareTraces(plain, edited);
    expect(program).toEqual([]);
    expect(first!.tensor).toBe('blocks.1.hook_resid_mid');
    expect(await misses(model, edited)).toEqual([]);
    for (const each of [plain, edited, model]) each.dispose();
  });

  test('another kernel, another input', async () => {
    const model = await load();
    const trace = await model.run(prompt, {
      rewrite: (program) =>
        otherwise('blocks.2.mlp.hook_post', { kernel: 'gelu' })(
          otherwise('blocks.1.attn.hook_z', {
            inputs: { pattern: 'blocks.0.attn.hook_pattern', v: 'blocks.1.attn.hook_v' },
          })(program),
        ),
    });
    const found = await misses(model, trace);
    expect(found.map(({ tensor, differs }) => [tensor, differs[0]!.what, differs[0]!.got])).toEqual([
      ['blocks.1.attn.hook_z', 'input pattern', 'blocks.0.attn.hook_pattern'],
      ['blocks.2.mlp.hook_post', 'kernel', 'gelu'],
    ]);
    for (const each of [trace, model]) each.dispose();
  });
});
