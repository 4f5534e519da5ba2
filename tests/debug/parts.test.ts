/** What kernels say of one element: the part of the problem that it comes from, its sum, and who stores it. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import { relu } from '../../src/kernels/activations';
import {
  type Elements,
  type Kernel,
  type Operands,
  portSize,
  type Uniforms,
  type Variant,
} from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { MASKED } from '../../src/tensor/masked';
import { testGpu } from '../harness/fixtures';
import type { Inputs } from '../kernels/witness';
import { allVariants, examples, fusedExamples, fusedVariants } from './small-kernels';

const named = (kernel: Pick<Kernel, 'ports'>, inputs: Inputs): Inputs =>
  Object.fromEntries(kernel.ports.filter(({ access }) => access === 'read').map(({ name }) => [name, inputs[name]!]));

/** Exactly the elements that a part names; everything else is NaN. */
function sliced(parts: Readonly<Record<string, Elements>>, inputs: Inputs): Operands {
  const cut = ([port, { from, count, stride, at = 0 }]: [string, Elements]) => {
    const values = new Float64Array(at + count).fill(Number.NaN);
    if (count > 0) expect(from + (count - 1) * stride, port).toBeLessThan(inputs[port]!.length);
    for (let i = 0; i < count; i++) values[at + i] = inputs[port]![from + i * stride]!;
    return [port, values];
  };
  return Object.fromEntries(Object.entries(parts).map(cut));
}

function* outputs(kernel: Pick<Kernel, 'ports'>, values: Uniforms): Generator<[port: string, offset: number]> {
  for (const port of kernel.ports) {
    if (port.access === 'read') continue;
    for (let offset = 0; offset < portSize(port, values); offset++) yield [port.name, offset];
  }
}

/** Collects what does not hold of thousands of elements: one `expect` each would take longer than all the rest. */
class Wrong {
  readonly #said: string[] = [];

  unless(holds: boolean, say: () => string): void {
    if (!holds) this.#said.push(say());
  }

  expectNothing(): void {
    expect(this.#said).toEqual([]);
  }
}

test('every kernel is looked at', () => {
  expect(Object.keys(examples).sort()).toEqual(Object.keys(kernels).sort());
});

describe.each(Object.values(kernels))('$name', (kernel) => {
  test('each output element is that of its part, with the same bound, and its addends add up to it', async () => {
    const wrong = new Wrong();
    for (const { values, inputs: given } of examples[kernel.name]!) {
      const inputs = named(kernel, given);
      const reference = kernel.reference(values, inputs);
      const bounds = kernel.bound(values, inputs, reference);
      const read = async (port: string, offsets: readonly number[]) => offsets.map((offset) => inputs[port]![offset]!);
      for (const [port, offset] of outputs(kernel, values)) {
        const place = () => `${port} ${offset} of ${JSON.stringify(values)}`;
        const part = await kernel.part(values, port, offset, read);
        const small = sliced(part.inputs, inputs);
        const result = kernel.reference(part.uniforms, small);
        const whole = reference[port]![offset]!;
        const own = result[part.port]![part.offset];
        wrong.unless(Object.is(own, whole), () => `${place()}: ${own}, of the whole ${whole}`);
        const bound = kernel.bound(part.uniforms, small, result)[part.port]![part.offset];
        wrong.unless(Object.is(bound, bounds[port]![offset]), () => `${place()}: the bound is ${bound}`);
        const addends = kernel.addends?.(part.uniforms, small, part.port, part.offset);
        if (!addends) continue;
        const size = addends.reduce((sum, { value }) => sum + Math.abs(value), 0);
        const gap = Math.abs(addends.reduce((sum, { value }) => sum + value, 0) - whole);
        wrong.unless(gap <= addends.length * 2 ** -50 * size, () => `${place()}: addends miss by ${gap}`);
        for (const { value, factors, times = 1 } of addends) {
          const product = factors.reduce((so, { port: from, at }) => so * small[from]![at]!, times);
          wrong.unless(Math.abs(product - value) <= 2 ** -50 * Math.abs(value), () => `${place()}: a product`);
        }
      }
    }
    wrong.expectNothing();
  });

  test('has a formula for each output, and numbers or addends or a note to go with it', async () => {
    for (const { name, access } of kernel.ports) {
      if (access !== 'read') expect(kernel.formula[name], name).toMatch(new RegExp(`^${name}\\[.+\\] = `));
    }
    const wrong = new Wrong();
    for (const { values, inputs: given } of examples[kernel.name]!) {
      const inputs = named(kernel, given);
      const reference = kernel.reference(values, inputs);
      const read = async (port: string, offsets: readonly number[]) => offsets.map((offset) => inputs[port]![offset]!);
      for (const [port, offset] of outputs(kernel, values)) {
        const part = await kernel.part(values, port, offset, read);
        const small = sliced(part.inputs, inputs);
        const lines = kernel.working?.(part.uniforms, small, part.port, part.offset) ?? [];
        for (const line of lines) wrong.unless(!/NaN|undefined/.test(line), () => line);
        const addends = kernel.addends?.(part.uniforms, small, part.port, part.offset) ?? [];
        const told = lines.length + addends.length + Number(part.note !== undefined);
        wrong.unless(told > 0, () => `${port} ${offset}: nothing is told`);
        if (!part.note && lines.length > 0 && kernel.name !== 'embed') {
          const last = Number(/= (\S+?):?(?= |$)(?!.* = )/.exec(lines.at(-1)!)![1]!.replace(/:$/, ''));
          const whole = reference[port]![offset]!;
          wrong.unless(Math.abs(last - whole) <= 2 ** -24 * Math.abs(whole), () => `${lines.at(-1)} is ${whole}`);
        }
      }
    }
    wrong.expectNothing();
  });
});

test('a masked score has no operands, and the note says why', async () => {
  const u = { batch: 1, head: 1, query: 4, key: 4, dim: 3, scale: 1, causal: 1 };
  const attnScores = kernels.attn_scores!;
  const part = await attnScores.part(u, 'scores', 7, async () => []);
  expect(Object.values(part.inputs).map(({ count }) => count)).toEqual([0, 0]);
  expect(part.note).toBe(
    'key 3 comes after query 1 and causal attention does not look ahead: the score is masked, -1e+30 whatever q and k are',
  );
  expect(attnScores.reference(part.uniforms, { q: [], k: [] }).scores![part.offset]).toBe(MASKED);
  expect((await attnScores.part(u, 'scores', 5, async () => [])).note).toBeUndefined();
  expect((await attnScores.part({ ...u, causal: 0 }, 'scores', 7, async () => [])).note).toBeUndefined();
});

/** The shader with each store of a value made a store of who does it: 1 + the invocation's number in the dispatch. */
function signed(variant: Variant, kernel: Pick<Kernel, 'name' | 'ports'>): string {
  const code = variant.code.replace(/\/\/.*/g, '');
  const entry = /fn main\(([^)]*(?:\([^)]*\)[^)]*)*)\) \{/.exec(code)!;
  const builtins: Record<string, string> = {
    workgroup_id: 'vec3u',
    local_invocation_index: 'u32',
    num_workgroups: 'vec3u',
  };
  const names: Record<string, string> = {};
  let params = entry[1]!.trim().replace(/,$/, '');
  for (const [builtin, type] of Object.entries(builtins)) {
    const own = new RegExp(`@builtin\\(${builtin}\\)\\s*(\\w+)`).exec(params)?.[1];
    names[builtin] = own ?? `signed_${builtin}`;
    if (!own) params += `, @builtin(${builtin}) ${names[builtin]}: ${type}`;
  }
  const lanes = workgroupSize(variant).reduce((product, n) => product * n, 1);
  const [group, lane, groups] = Object.values(names);
  const number = `1 + ((${group}.z * ${groups}.y + ${group}.y) * ${groups}.x + ${group}.x) * ${lanes} + ${lane}`;
  let text = code.replace(entry[0], `fn main(${params}) {\n  signature = f32(${number});`);
  for (const { name, access } of kernel.ports) {
    if (access === 'read') continue;
    const store = new RegExp(`\\b${name}\\[([^;{}]*)\\] = [^;]*;`, 'g');
    expect(code, `${kernel.name} stores ${name}`).toMatch(store);
    text = text.replace(store, `${name}[$1] = signature;`);
  }
  return `${text}\nvar<private> signature: f32;`;
}

const workgroupSize = ({ code, constants = {} }: Variant): number[] => {
  const sizes = /@workgroup_size\(([\w, ]+)\)/.exec(code)![1]!.split(',');
  const [x = 1, y = 1, z = 1] = sizes.map((size) => constants[size] ?? Number(size));
  return [x, y, z];
};

describe.each([...allVariants, ...fusedVariants])('the writer of %s', (_, kernel, variant) => {
  test('is the invocation that stores the element when the shader runs', async () => {
    const gpu = await testGpu();
    const signing = { ...variant, code: signed(variant, kernel) };
    const [across, down] = workgroupSize(variant) as [number, number];
    const lanes = workgroupSize(variant).reduce((product, n) => product * n, 1);
    let groups = 0;
    const wrong = new Wrong();
    for (const { values, inputs } of { ...examples, ...fusedExamples }[kernel.name]!) {
      const stored = await runKernel(gpu, kernel, signing, values, named(kernel, inputs));
      const [wide, high] = variant.workgroups(values);
      for (const [port, offset] of outputs(kernel, values)) {
        const { workgroup, local } = variant.writer!(values, port, offset);
        const group = (workgroup[2] * high + workgroup[1]) * wide + workgroup[0];
        groups = Math.max(groups, group);
        const lane = (local[2] * down + local[1]) * across + local[0];
        const by = stored[port]![offset];
        wrong.unless(by === 1 + group * lanes + lane, () => {
          return `${port} ${offset} of ${JSON.stringify(values)}: stored by ${by}, not by ${workgroup} ${local}`;
        });
      }
    }
    wrong.expectNothing();
    expect(groups, 'more than one workgroup').toBeGreaterThan(0);
  });
});

test('beyond 65,535 workgroups the writer is in the next row of them', async () => {
  const size = 65_535 * 64 + 200;
  const [variant] = relu.variants;
  const { y } = await runKernel(
    await testGpu(),
    relu,
    { ...variant, code: signed(variant, relu) },
    { size },
    {
      x: new Float32Array(size),
    },
  );
  for (const offset of [0, 63, 64, 65_535 * 64 - 1, 65_535 * 64, size - 1]) {
    const { workgroup, local } = variant.writer!({ size }, 'y', offset);
    expect(y![offset], String(workgroup)).toBe(1 + (workgroup[1] * 65_535 + workgroup[0]) * 64 + local[0]);
  }
  expect(variant.writer!({ size }, 'y', size - 1)).toEqual({ workgroup: [3, 1, 0], local: [7, 0, 0] });
});
