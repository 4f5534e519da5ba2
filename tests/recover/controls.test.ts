/** Where a hypothesis has to fail, and where it has to hold in other numbers: the models of `fixtures/controls/`. */
import { expect, test } from 'vitest';
import recorded from '../../fixtures/controls/addition-sums-in-disguise/recovery.json?raw';
import { additionBehaviour } from '../../src/recover/addition';
import { fourierAddition } from '../../src/recover/fourier/hypothesis';
import { findStructure, sumPlaces } from '../../src/recover/fourier/structure';
import { sumOutcomes } from '../../src/recover/fourier/sum-tests';
import { waveTests } from '../../src/recover/fourier/wave-tests';
import { type Claim, verdictOf } from '../../src/recover/hypothesis';
import { rowsOf } from '../../src/recover/interventions';
import { lookupTableAddition } from '../../src/recover/lookup-table/hypothesis';
import { readRecovery } from '../../src/recover/read-card';
import { recover } from '../../src/recover/recover';
import { Subject } from '../../src/recover/subject';
import type { Finding } from '../../src/recover/try-hypothesis';
import { checkpointModel, controlModel, modelOf } from './controls';
import { rescaleAtRandom, rewritten, rotate } from './rewritten';
import { tableByCircles } from './tables';

const card = readRecovery(recorded);
const options = { timeout: 600_000 };
const verdict = ({ tests }: Claim) => verdictOf(tests);
const failed = ({ tests }: Pick<Claim, 'tests'>) => tests.filter(({ pass }) => pass === false).map(({ name }) => name);
/** What is left to fail where embedding, readout and logits are those of rotations. */
const onlyNeuronsTell = [
  'neurons-tuned',
  'fits-loss',
  'fits-accuracy',
  'waves-removed',
  'clusters-removed',
  'angle-interchange',
];
const measured = ({ tests }: Pick<Claim, 'tests'>, name: string) => tests.find((one) => one.name === name)!.value;

test('a table that is right on every pair is not taken for rotations', options, async () => {
  const model = await controlModel('addition-lookup');
  const subject = new Subject(model, additionBehaviour(model));
  expect(await subject.clean()).toMatchObject({ accuracy: 1 });
  const claim = await fourierAddition.study(subject);
  expect(verdict(claim)).toBe('rejected');
  expect(claim.details!.frequencies).toEqual([]);
  // It looks where it should, and any table's logits are cosines of a + b − c: neither is what tells it apart.
  expect(measured(claim, 'attends-to-operands')).toBeGreaterThan(0.99);
  expect(measured(claim, 'neurons-tuned')).toBe(0);
});

test('a table whose embedding, readout and largest neurons are waves is told by its neurons', options, async () => {
  const model = await controlModel('addition-table-in-disguise');
  const card = await recover(model, { hypotheses: [fourierAddition, lookupTableAddition] });
  expect(card).toMatchObject({ verdict: 'recovered', algorithm: 'lookup-table-addition' });
  expect(failed(card)).toEqual([]);
  const fourier = card.hypotheses[0]!;
  expect(fourier.details.frequencies).toEqual([3, 7, 11]);
  // All that looks at the embedding, the readout and the logits alone passes.
  expect(failed(fourier)).toEqual(onlyNeuronsTell);
  expect(measured(fourier, 'fits-accuracy')).toBeCloseTo(1 / 31, 2);
  expect(measured(fourier, 'waves-removed')).toBeLessThan(1e-6);
  expect(measured(fourier, 'angle-interchange')).toBeLessThan(0.5);
});

test('a number line with the circles and the logits of modular-addition is told by its neurons', options, async () => {
  const model = await controlModel('addition-sums-in-disguise');
  expect(card).toMatchObject({ verdict: 'unknown', algorithms: [], weightsHash: model.weightsHash });
  const [fourier] = card.hypotheses as [Finding];
  expect(failed(fourier)).toEqual(onlyNeuronsTell);
  const found = await findStructure(new Subject(model, additionBehaviour(model)), 113);
  expect(await found.subject.clean()).toMatchObject({ accuracy: 1 });
  expect(found.keys).toEqual([11, 38, 46, 50]);
  const { tests } = await waveTests(found, [12.05, 12.82, 10.21, 7.7]);
  expect(tests.map(({ pass }) => pass)).toEqual(tests.map(() => false));
  expect(measured({ tests }, 'fits-accuracy')).toBeCloseTo(1 / 113, 4);
  expect(measured({ tests }, 'waves-removed')).toBeCloseTo(0, 6);
  for (const { name, value } of tests) expect(value).toBeCloseTo(measured(fourier, name)!, 3);
});

test(
  'a table with waves that cancel each other: no weighing of neurons finds it out, keeping only the waves does',
  options,
  async () => {
    const model = await modelOf(tableByCircles(17, [3, 5]));
    const subject = new Subject(model, additionBehaviour(model));
    expect(await subject.clean()).toMatchObject({ accuracy: 1 });
    const claim = await fourierAddition.study(subject);
    expect(measured(claim, 'neurons-tuned')).toBeGreaterThan(0.85);
    expect(failed(claim)).toEqual(expect.arrayContaining(['fits-loss', 'fits-accuracy']));
    expect(measured(claim, 'fits-accuracy')).toBeCloseTo(1 / 17, 2);
  },
);

test('a second training run, rotated, its neurons rescaled by 2^±12: its own frequencies', options, async () => {
  const model = await modelOf(await rewritten('controls/addition-59', rotate(1), rescaleAtRandom(12, 2)));
  const card = await recover(model, { hypotheses: [fourierAddition, lookupTableAddition] });
  expect(failed(card)).toEqual([]);
  expect(card).toMatchObject({ algorithm: 'fourier-addition', frequencies: [4, 5, 13, 15] });
  // As of the untouched model: no number depends on how a neuron is scaled.
  expect(measured(card, 'neurons-tuned')).toBeCloseTo(0.9304, 4);
  expect(measured(card, 'readout-sparse')).toBeCloseTo(0.9961, 4);
  expect(measured(card, 'restricted-loss')).toBeCloseTo(0.803, 2);
  expect(measured(card, 'fits-loss')).toBeCloseTo(3.59e-4, 5);
  expect(measured(card, 'waves-removed')).toBeCloseTo(1.337, 2);
  expect(card.hypotheses[1]!.verdict).toBe('rejected');
});

test('modular-addition in another basis: the same frequencies, and its neurons are their waves', options, async () => {
  const model = await controlModel('addition-rotated');
  const found = await findStructure(new Subject(model, additionBehaviour(model)), 113);
  expect(found.keys).toEqual([11, 38, 46, 50]);
  const { restricted, excluded } = await sumOutcomes(found, await rowsOf(found.subject, sumPlaces(found, found.keys)));
  expect(restricted.loss).toBeLessThan(2 * (await found.subject.clean()).loss);
  expect(excluded.loss).toBeGreaterThan(0.95 * Math.log(113));
  expect(excluded.accuracy).toBeLessThan(2 / 113);
  const { tests, angles } = await waveTests(found, [12.05, 12.82, 10.21, 7.7]);
  expect(tests.filter(({ pass }) => !pass)).toEqual([]);
  expect([...angles.keys()]).toEqual([11, 38, 46, 50]);
});

test.each([
  ['random weights', 0],
  ['a model that has memorized its pairs', 200],
  ['a model that still only memorizes', 1100],
] as const)('%s have neither', options, async (_, step) => {
  const model = await checkpointModel(step);
  const subject = new Subject(model, additionBehaviour(model));
  const claims = [await fourierAddition.study(subject), await lookupTableAddition.study(subject)];
  expect(claims.map(verdict)).toEqual(['rejected', 'rejected']);
  expect(claims[0]!.details!.frequencies).toEqual([]);
  expect(measured(claims[1]!, 'pairs-covered')).toBeLessThan(0.01);
});
