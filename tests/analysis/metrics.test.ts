import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { klDivergence, logSoftmax } from '../../src/analysis/log-softmax';
import {
  answerLoss,
  klToClean,
  logitDifference,
  type Metric,
  measure,
  nextTokenLoss,
  positionsOf,
  probability,
} from '../../src/analysis/metrics';
import { loadModel } from '../../src/load-model';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const VOCAB = 101;
const tiny = testDevice().then((device) => loadModel(tinyModel(), { device }));
afterAll(async () => (await tiny).dispose());

/** Softmax as it is written down, from float64 logits. */
async function exactly(at: (p: (entry: number, pos: number, token: number) => number, logit: typeof p) => number[]) {
  const logits = (await (await tiny).float64(prompt)).get('unembed.hook_out')!;
  const logit = (b: number, pos: number, token: number) => logits[((b * 7 + pos) % 14) * VOCAB + token]!;
  const p = (b: number, pos: number, token: number) => {
    const all = Array.from({ length: VOCAB }, (_, t) => Math.exp(logit(b, pos, t)));
    return all[token]! / all.reduce((a, c) => a + c, 0);
  };
  return at(p, logit);
}

describe('each metric equals its formula on float64 logits', () => {
  const table: [string, Metric, Parameters<typeof exactly>[0]][] = [
    ['logit difference', logitDifference(3, 5), (_, logit) => [0, 1].map((b) => logit(b, 6, 3) - logit(b, 6, 5))],
    [
      'logit difference, tokens per prompt',
      logitDifference([3, 4], [5, 6], 2),
      (_, logit) => [logit(0, 2, 3) - logit(0, 2, 5), logit(1, 2, 4) - logit(1, 2, 6)],
    ],
    ['probability', probability([3, 8]), (p) => [p(0, 6, 3), p(1, 6, 8)]],
    ['probability over positions', probability(3, [1, 3]), (p) => [0, 1].map((b) => (p(b, 1, 3) + p(b, 2, 3)) / 2)],
    ['loss of an answer', answerLoss(9, -2), (p) => [-Math.log(p(0, 5, 9)), -Math.log(p(1, 5, 9))]],
    [
      'loss of the next tokens',
      nextTokenLoss(prompt, [2, 5]),
      (p) => prompt.map((ids, b) => -[2, 3, 4].reduce((sum, i) => sum + Math.log(p(b, i, ids[i + 1]!)), 0) / 3),
    ],
    [
      'loss of all next tokens',
      nextTokenLoss(prompt),
      (p) =>
        prompt.map((ids, b) => -[0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + Math.log(p(b, i, ids[i + 1]!)), 0) / 6),
    ],
  ];
  test.each(table)('%s', async (_, metric, formula) => {
    const trace = await (await tiny).run(prompt);
    const got = await measure(metric, trace);
    const expected = await exactly(formula);
    expect(got.length).toBe(2);
    for (const [b, value] of expected.entries()) expect(Math.abs(got[b]! - value)).toBeLessThan(2e-5);
    const narrow = await (await tiny).run(prompt, { positions: positionsOf(metric, 7) });
    expect(await measure(metric, narrow)).toEqual(got);
    for (const each of [trace, narrow]) each.dispose();
  });
});

test('KL to the clean run: 0 for itself, Σ p log(p/q) for another, never negative', async () => {
  const model = await tiny;
  const [trace, other] = [await model.run(prompt), await model.run([prompt[1]!, prompt[0]!])];
  for (const pos of [-1, [2, 5]] as const) {
    const kl = await klToClean(trace, pos);
    expect(await measure(kl, trace)).toEqual(Float64Array.of(0, 0));
    const positions = pos === -1 ? [6] : [2, 3, 4];
    const expected = await exactly((p) =>
      [0, 1].map((b) => {
        const sums = positions.map((i) =>
          Array.from({ length: VOCAB }, (_, t) => p(b, i, t) * Math.log(p(b, i, t) / p(1 - b, i, t))).reduce(
            (a, c) => a + c,
          ),
        );
        return sums.reduce((a, c) => a + c) / positions.length;
      }),
    );
    const got = await measure(kl, other);
    for (const [b, value] of expected.entries()) expect(Math.abs(got[b]! - value)).toBeLessThan(1e-5);
    expect(Math.min(...got)).toBeGreaterThan(0);
  }
  for (const each of [trace, other]) each.dispose();
});

test('KL of what differs by roundings alone is not negative, and is half the mean square of the differences', () => {
  const random = fc.sample(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 }), 50);
  for (const logits of random) {
    const p = logSoftmax(Float32Array.from(logits));
    const q = logSoftmax(Float32Array.from(logits, (logit, i) => logit * (1 + (i % 3) * 2 ** -23)));
    const half = p.reduce((sum, log, i) => sum + (Math.exp(log) * (log - q[i]!) ** 2) / 2, 0);
    const kl = klDivergence(p, q);
    expect(kl).toBeGreaterThanOrEqual(0);
    // Of tiny logits the differences are near float64's own roundings, of which each is exact to one.
    const rounding = p.reduce((sum, log, i) => sum + Math.exp(log) * Math.abs(log - q[i]!), 0) * 2 ** -52;
    expect(Math.abs(kl - half)).toBeLessThanOrEqual(1e-4 * half + rounding);
  }
  const apart = [logSoftmax(Float32Array.of(0, -2000, 3)), logSoftmax(Float32Array.of(0, -5, 3))] as const;
  const [first, last] = [0, 2].map((i) => Math.exp(apart[0][i]!) * (apart[0][i]! - apart[1][i]!));
  expect(klDivergence(...apart)).toBeCloseTo(first! + last!, 14);
});

test('large logits leave log probabilities finite', () => {
  const logs = logSoftmax(Float32Array.of(1e30, 0, -1e30));
  expect([...logs]).toEqual([0, -Math.fround(1e30), -2 * Math.fround(1e30)]);
  expect([...logSoftmax(Float32Array.of(5, 5))]).toEqual([-Math.LN2, -Math.LN2]);
});

test('positions count from the end too', () => {
  const of = (pos: Metric['pos']) =>
    positionsOf({ name: '', unit: '', ...(pos !== undefined && { pos }), of: () => 0 }, 7);
  expect([of(-1), of(2), of([1, 3]), of([-3, -1]), of(undefined)]).toEqual([
    [6],
    [2],
    [1, 2],
    [4, 5],
    [0, 1, 2, 3, 4, 5, 6],
  ]);
});

describe('refusals', () => {
  test('tokens that the logits lack', async () => {
    const trace = await (await tiny).run(prompt);
    await expect(measure(logitDifference(3, 101), trace)).rejects.toMatchObject({
      code: 'token-invalid',
      message: "The metric's token for prompt 0 is 101: expected a whole number from 0 to 100.",
    });
    await expect(measure(probability([3]), trace)).rejects.toMatchObject({
      code: 'token-invalid',
      message: "The metric's token for prompt 1 is not given: expected a whole number from 0 to 100.",
    });
    await expect(measure(probability(3, 7), trace)).rejects.toMatchObject({ code: 'slice-invalid' });
    trace.dispose();
  });

  test('positions without a next token', () => {
    for (const pos of [
      [6, 7],
      [3, 3],
      [-9, 2],
    ] as const) {
      expect(() => nextTokenLoss(prompt, pos)).toThrow('expected some that have a next token');
    }
  });

  test('NaN, naming the entry', async () => {
    const trace = await (await tiny).run(prompt, {
      edits: [{ at: 'ln_final.hook_out', op: 'set', value: Number.NaN, slice: { batch: 1, pos: 6 } }],
    });
    await expect(measure(nextTokenLoss(prompt, [4, 6]), trace)).resolves.toBeDefined();
    await expect(measure(probability(0), trace)).rejects.toMatchObject({
      code: 'metric-invalid',
      message: 'The metric "probability" is NaN for batch 1: the logit of its position 0, vocab 0 is NaN.',
    });
    trace.dispose();
  });
});
