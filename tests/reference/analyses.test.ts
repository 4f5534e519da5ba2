import { afterAll, expect, test } from 'vitest';
import { attributeLogit } from '../../src/analysis/attribution';
import { ovCircuit } from '../../src/analysis/circuits';
import { discoverCircuit } from '../../src/analysis/discover';
import { headScores, repeatedTokens } from '../../src/analysis/head-scores';
import { residualLedger } from '../../src/analysis/ledger';
import { logitLens } from '../../src/analysis/lens';
import { logitDifference } from '../../src/analysis/metrics';
import { neuronWeights } from '../../src/analysis/neurons';
import { patchPaths } from '../../src/analysis/path-patching';
import { allReceivers, allSenders } from '../../src/analysis/path-patching-components';
import { receipts } from '../../src/analysis/receipts';
import type { RunnableModel } from '../../src/analysis/runnable';
import { scanNeurons } from '../../src/analysis/scan';
import { patchActivations } from '../../src/analysis/sweep-patching';
import { loadModel } from '../../src/load-model';
import { loadReferenceModel } from '../../src/load-reference-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { alike } from './alike';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const prompts = { clean: [[1, 5, 9, 100, 0, 7, 7]], corrupted: [[1, 6, 9, 100, 2, 7, 8]] };
const metric = logitDifference(3, 5);

/**
 * What rounding in f32 may move an answer by, end to end: the logits of these models lie within 2e-5 of float64's, relative to
 * the largest (tests/run), and an answer adds up a few of them, or takes a difference's logarithm.
 */
const TOLERANCE = 1e-4;

const live = testDevice().then((device) => loadModel(tinyModel(), { device }));
const cpu = loadReferenceModel(tinyModel());
afterAll(async () => {
  for (const model of [await live, await cpu]) model.dispose();
});

/** The question is answered alike by the GPU and in float64; returns float64's answer. */
async function agrees<T>(question: (model: RunnableModel) => Promise<T>, tolerance = TOLERANCE): Promise<T> {
  const got = await question(await cpu);
  alike(got, await question(await live), tolerance);
  return got;
}

test.each([false, true])('logit lens, frozen %s', async (frozen) => {
  const points = await agrees(async (model) => {
    const trace = await model.run(prompt);
    const answer = await logitLens(model, trace, { frozen, token: 5, top: 3 });
    trace.dispose();
    return answer;
  });
  expect(points.length).toBe(5);
});

test('attribution: the parts are alike, and their sum is the logit within the bound', async () => {
  const answer = await agrees(async (model) => {
    const trace = await model.run(prompt);
    const { prompts, ...attribution } = await attributeLogit(model, trace, { token: 5, minus: 3, neurons: true });
    trace.dispose();
    for (const { gap, bound } of prompts) expect(Math.abs(gap) <= bound, `${gap}, bound ${bound}`).toBe(true);
    return { ...attribution, prompts: prompts.map(({ gap: _, bound: __, ...rest }) => rest) };
  });
  expect(answer.prompts[0]!.values.length).toBeGreaterThan(100);
});

test('the ledger closes, within what rounding explains', async () => {
  const ledger = await agrees(async (model) => {
    const trace = await model.run(prompt);
    const { gap, ratio, ...answer } = await residualLedger(model, trace, { neurons: [1] });
    trace.dispose();
    for (const share of ratio) expect(share <= 1, `${share} of the bound, ${gap}`).toBe(true);
    return answer;
  });
  expect(ledger.entries.length).toBeGreaterThan(65);
});

test('what the weights alone say', async () => {
  await agrees((model) => neuronWeights(model, { layer: 1, neuron: 64 }, { top: 4 }));
  await agrees((model) => ovCircuit(model, { layer: 1, head: 2 }, [3, 9]));
});

test.each(['z', 'resid_pre', 'pattern', 'neuron'] as const)('activation patching at %s', async (at) => {
  const patching = await agrees((model) => patchActivations(model, prompts, { at, metric, neurons: [0, 33, 64] }));
  expect(patching.complete).toBe(true);
});

test('path patching', async () => {
  await agrees((model) => {
    const [senders, receivers] = [allSenders(model), allReceivers(model)];
    return patchPaths(model, prompts, { metric, senders, receivers });
  });
});

test('the same circuit is discovered', async () => {
  const circuit = await agrees((model) => discoverCircuit(model, prompts, { metric, threshold: 0.02 }));
  expect(circuit.edges.length).toBeGreaterThan(0);
  expect(circuit.removed.length).toBeGreaterThan(0);
});

test('a scan of neurons', async () => {
  const text = Array.from({ length: 150 }, (_, i) => (i * 37 + 5) % 101);
  const scan = await agrees(async (model) => {
    const { neurons } = await scanNeurons(model, text, { layer: 0, window: 16, top: 2 });
    return neurons.map(({ sum, max, min, count, examples }) => ({
      sum,
      max,
      min,
      count,
      at: examples.map((e) => e.at),
    }));
  });
  expect(scan.length).toBe(65);
});

test('receipts of edits', async () => {
  const answers = await agrees(async (model) => {
    const clean = await model.run(prompt);
    const edited = await model.run(prompt, { edits: [{ at: 'blocks.0.attn.hook_z', slice: { head: 1 }, op: 'zero' }] });
    const answer = (await receipts(edited, clean)).map(({ changed, of, first }) => ({ changed, of, first }));
    for (const trace of [clean, edited]) trace.dispose();
    return answer;
  });
  expect(answers[0]!.changed).toBeGreaterThan(0);
});

test('the induction model’s heads are found', async () => {
  const [gpu, float64] = [await fixtureModel('induction'), await loadReferenceModel('induction')];
  const tokens = repeatedTokens(gpu, { batch: 2, length: 12, prefix: [0] });
  const scores = [];
  for (const model of [float64, gpu]) {
    const trace = await model.run(tokens, { retain: [] });
    scores.push(await headScores(trace));
    trace.dispose();
  }
  alike(scores[0], scores[1], TOLERANCE);
  const byScore = scores[0]!
    .toSorted((a, b) => b.induction! - a.induction!)
    .map(({ layer, head }) => `${layer}.${head}`);
  expect(byScore.slice(0, 2).sort()).toEqual(['1.0', '1.1']);
  float64.dispose();
});
