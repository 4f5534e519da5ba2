import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { ModelFiles } from '../../src/model/files';
import { testKinds } from '../../src/recover/hypothesis';
import { inductionBehaviour, whyNotInduction } from '../../src/recover/induction/behaviour';
import { inductionCircuit } from '../../src/recover/induction/hypothesis';
import { inductionProgram } from '../../src/recover/induction/program';
import { evaluate } from '../../src/recover/program';
import { type Recovery, recover } from '../../src/recover/recover';
import { parseSafetensors, readF32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const only = { hypotheses: [inductionCircuit] };
const headsOf = ({ variables }: Recovery, name: string) =>
  variables
    .find((variable) => variable.name === name)!
    .places.flatMap(({ heads }) => heads!.map(({ layer, head }) => `${layer}.${head}`));
const failing = ({ tests }: Recovery) => tests.filter(({ pass }) => !pass).map(({ name }) => name);

describe('the program', () => {
  const run = (tokens: number[], settings: Parameters<typeof evaluate>[2] = []) => {
    const { output } = evaluate(inductionProgram, tokens, settings);
    return tokens.map((_, pos) => output(pos));
  };

  test('copies what followed the one earlier occurrence, and says nothing where there is none or more', () => {
    expect(run([0, 5, 6, 7, 5, 6])).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 6, 7]);
    expect(run([5, 6, 5, 7, 5])).toEqual([Number.NaN, Number.NaN, 6, Number.NaN, Number.NaN]);
  });

  test('with the previous tokens of two positions exchanged, copies what followed the other', () => {
    const settings = [
      { variable: 'previous', pos: 2, value: 3 },
      { variable: 'previous', pos: 4, value: 1 },
    ];
    expect(run([1, 2, 3, 4, 9, 1, 3]).slice(5)).toEqual([2, 4]);
    expect(run([1, 2, 3, 4, 9, 1, 3], [{ variable: 'previous', pos: 1, value: 3 }]).slice(5)).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
    const both = settings.map(({ pos, ...rest }) => ({ ...rest, pos: pos - 1 }));
    expect(run([1, 2, 3, 4, 9, 1, 3], both).slice(5)).toEqual([4, 2]);
  });
});

test('prompts have answers where copying gives the next token, and sources differ in two tokens', async () => {
  const model = await fixtureModel('induction');
  const { prompts, answers, chance, subsets } = inductionBehaviour(model);
  expect(prompts).toHaveLength(128);
  expect(inductionBehaviour(model)).toEqual({ prompts, answers, chance, subsets, positions: [...Array(49).keys()] });
  expect(prompts.every((tokens) => tokens.length === 49 && tokens[0] === 0)).toBe(true);
  const answered = prompts.flatMap((tokens, i) =>
    [...tokens.keys()].filter((pos) => !Number.isNaN(answers[i]![pos]!)).map((pos) => ({ tokens, i, pos })),
  );
  const copied = answered.filter(
    ({ tokens, i, pos }) =>
      answers[i]![pos] === tokens[pos + 1] && tokens[tokens.indexOf(tokens[pos]!) + 1] === tokens[pos + 1],
  );
  expect(copied).toHaveLength(answered.length);
  subsets!.repeated!.forEach((base, i) => {
    const [one, other] = [prompts[base]!, prompts[subsets!.exchanged![i]!]!];
    const [a, b, ...more] = [...one.keys()].filter((pos) => one[pos] !== other[pos]);
    expect(more).toEqual([]);
    expect(b! - a!).toBeGreaterThan(1);
    expect([other[a!], other[b!]]).toEqual([one[b!], one[a!]]);
  });
  const lengths = subsets!.repeated!.map((i) => 49 - new Set(prompts[i]).size);
  const counts = subsets!.repeated!.map((i) => answered.filter((one) => one.i === i).length);
  expect(counts).toEqual(lengths.map((length) => length - 1));
  expect(Math.min(...lengths)).toBe(4);
  expect(Math.max(...lengths)).toBe(16);
  expect(chance).toBeGreaterThan(1 / 16);
  expect(chance).toBeLessThan(1 / 4);
});

describe('recovered', () => {
  test('induction: previous-token head 0.0, induction heads 1.0 and 1.1', async () => {
    const found = await recover(await fixtureModel('induction'), only);
    expect(failing(found)).toEqual([]);
    expect(found).toMatchObject({ verdict: 'recovered', algorithm: 'induction-circuit' });
    expect(headsOf(found, 'previous')).toEqual(['0.0']);
    expect(headsOf(found, 'match')).toEqual(['1.0', '1.1']);
    expect(headsOf(found, 'copied')).toEqual(['1.0', '1.1']);
    expect(new Set(found.tests.map(({ kind }) => kind))).toEqual(new Set(testKinds));
    expect(found.program).toContain('0.0: attention from i to i − 1');
    const tests = Object.fromEntries(found.tests.map((one) => [one.name, one]));
    for (const name of ['matches-itself', 'previous-interchange', 'match-interchange', 'copied-interchange']) {
      expect(tests[name]!.control!.value, name).toBeLessThan(0.1);
    }
    expect(tests['match-interchange']).toMatchObject({ at: ['blocks.1.attn.hook_pattern'], threshold: 0.95 });
    expect(tests['match-interchange']!.value).toBeGreaterThan(0.99);
    // Attending exactly as the program says it is right more often than by itself.
    expect(tests['program-suffices']!.value).toBeGreaterThan(1.03);
    for (const name of ['without-previous', 'without-induction']) {
      expect(tests[name]!.value, name).toBeLessThan(0.05);
      expect(tests[`${name}-loss`]!.value, name).toBeGreaterThan(4);
    }
    expect(found.unexplained!.value).toBeCloseTo(0.039, 3);
    expect(found.parts.find(({ name }) => name === 'position-only')).toMatchObject({ place: { layer: 0, head: 0 } });
    expect(JSON.parse(JSON.stringify(found))).toMatchObject({ verdict: 'recovered' });
  }, 300_000);

  test('with its heads permuted and its stream rotated: the same heads at their new places', async () => {
    const model = await loadModel('/fixtures/controls/induction-permuted', { device: await testDevice() });
    const found = await recover(model, only);
    model.dispose();
    expect(failing(found)).toEqual([]);
    expect(found.verdict).toBe('recovered');
    expect(headsOf(found, 'previous')).toEqual(['0.2']);
    expect(headsOf(found, 'match')).toEqual(['1.2', '1.3']);
  }, 300_000);
});

describe('not recovered', () => {
  test('shakespeare: what it does on random repeats is not all copying', async () => {
    const found = await recover(await fixtureModel('shakespeare'), only);
    expect(found.verdict).toBe('rejected');
    expect(found.algorithm).toBeNull();
    expect(failing(found)).toContain('silent-elsewhere');
    expect(found.hypotheses[0]!.why).toMatch(
      /^fails attends-behind-match; not measured, because attends-behind-match failed: /,
    );
  }, 300_000);

  test('random weights: no head attends so, and nothing was measured beyond that', async () => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const found = await recover(model, only);
    model.dispose();
    expect(found.verdict).toBe('rejected');
    expect(found.program).toBeNull();
    expect(found.variables).toEqual([]);
    expect(found.unexplained).toBeNull();
    expect(failing(found)).toEqual(found.tests.map(({ name }) => name));
    expect(found.hypotheses[0]!.why).toMatch(
      /^fails attends-to-previous, attends-behind-match; not measured, because attends-to-previous and attends-behind-match failed: k-composition, /,
    );
    expect(found.tests.filter(({ pass }) => pass === false)).toHaveLength(2);
    expect(found.tests.filter(({ value }) => value !== null).map(({ name }) => name)).toEqual([
      'attends-to-previous',
      'attends-behind-match',
    ]);
  });

  test('with the induction heads writing other tokens than they read: attention alone does not convince', async () => {
    const files = await changed((name, data, shape) => {
      if (name !== 'blocks.1.attn.W_O') return data;
      const size = data.length / shape[0]!;
      return data.map((value, i) => (i < 2 * size ? -value : value));
    });
    const model = await loadModel(files, { device: await testDevice() });
    const found = await recover(model, only);
    model.dispose();
    expect(found.verdict).toBe('rejected');
    const names = failing(found);
    for (const name of ['ov-copies', 'heads-suffice', 'copied-interchange']) expect(names).toContain(name);
    for (const name of ['attends-to-previous', 'attends-behind-match', 'k-composition', 'matches-itself']) {
      expect(names).not.toContain(name);
    }
  }, 300_000);
});

test('says why it does not apply', async () => {
  const addition = await recover(await fixtureModel('modular-addition'), only);
  expect(addition.verdict).toBe('unknown');
  expect(addition.hypotheses[0]!.why).toBe(
    'modular-addition has 1 layer; an induction circuit is a head that reads what a head of an earlier layer wrote.',
  );
  const model = await fixtureModel('induction');
  const why = (config: object) =>
    whyNotInduction({ ...model, name: 'it', tokenizer: null, config: { ...model.config, ...config } } as typeof model);
  expect(why({ d_vocab: 11 })).toBe(
    'it has 11 tokens to draw from; random prompts in which a segment repeats need 12.',
  );
  expect(why({ n_ctx: 9 })).toBe('it has a context of 9; a prompt in which a segment repeats needs 12.');
  expect(why({ n_ctx: 12, d_vocab: 12 })).toBeNull();
});

/** The induction fixture with some weights changed. */
async function changed(
  change: (name: string, data: Float32Array, shape: readonly number[]) => Float32Array,
): Promise<ModelFiles> {
  const read = async (path: string) => {
    const response = await fetch(`/fixtures/induction/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  };
  const file = parseSafetensors((await read('model.safetensors'))!, 'induction');
  const tensors = [...file.tensors].map(([name, { shape }]) => {
    return { name, dtype: 'F32' as const, shape, data: change(name, readF32(file, name), shape) };
  });
  const weights = writeSafetensors(tensors);
  return { name: 'changed', read: async (path) => (path === 'model.safetensors' ? weights.slice() : read(path)) };
}
