/** Every number in the text of "The algorithm that SGD wrote": of the recorded cards, or of the experiment, run again. */
import { expect, test } from 'vitest';
import markdown from '../../docs/stories/addition.md?raw';
import { percent } from '../../docs/stories/answers';
import { formulaOf, logitsOf, margin } from '../../docs/stories/cosines';
import { silenceWaves, wavesOf } from '../../docs/stories/waves';
import recorded from '../../docs/stories/waves.json';
import disguisedConfig from '../../fixtures/controls/addition-sums-in-disguise/config.json?raw';
import disguisedText from '../../fixtures/controls/addition-sums-in-disguise/recovery.json?raw';
import trainedConfig from '../../fixtures/modular-addition/config.json?raw';
import formationText from '../../fixtures/modular-addition/formation.json?raw';
import trainedText from '../../fixtures/modular-addition/recovery.json?raw';
import { readFormation, readRecovery, recovery } from '../../src/index';
import { controlModel, modelOf } from '../recover/controls';
import { page } from './claims';

const { says } = page(markdown);
const trained = readRecovery(trainedText);
const disguised = readRecovery(disguisedText);
const { rows } = readFormation(formationText);
const at = (step: number) => rows.find((row) => row.step === step)!;
const value = (name: string) => trained.tests.find((one) => one.name === name)!.value!;
const short = (number: number) => (number < 1e-3 ? number.toExponential(2) : number.toPrecision(3));
const guessing = Math.log(113);

test('how it formed', () => {
  const [memory, worst, forming] = [at(200), at(1100), at(4500)];
  expect(memory.clean.train!.accuracy).toBe(1);
  says(
    `At step 200 all the pairs that it was trained on are right, and ${percent(memory.clean.test!.accuracy)} of the others.`,
  );
  says(
    `By step 1,100 it has become worse than ignorance: the loss on the others is ${short(worst.clean.test!.loss)} nats, and whoever guesses has ${short(guessing)}.`,
  );
  const between = rows.filter(({ step }) => step >= 1100 && step <= 4500);
  expect(Math.max(...between.map(({ clean }) => clean.train!.loss))).toBeLessThan(2e-6);
  says(
    `it falls from ${short(worst.restricted.test!.loss)} at step 1,100 to ${short(forming.restricted.test!.loss)} at step 4,500.`,
  );
  says(`from ${short(worst.excluded.train!.loss)} to ${short(forming.excluded.train!.loss)}.`);
  const right = (step: number) => percent(at(step).clean.test!.accuracy);
  says(
    `At step 4,500 it answers ${right(4500)} of the pairs that it never saw, at step 5,100 ${right(5100)}, at step 6,400 all of them.`,
  );
  expect(at(6400).clean.test!.accuracy).toBe(1);
  says(
    `${[4500, 5100, 6400].map((step) => at(step).tuned).join(', ')} of 512 are waves of a single frequency at these steps, ${at(8800).tuned} at the end.`,
  );
});

test('the formula', () => {
  const formula = formulaOf(trained);
  const list = (values: readonly unknown[]) => values.join(', ');
  const amplitudes = formula.frequencies.map(({ amplitude }) => amplitude.toPrecision(3));
  says(`with frequencies ${list(formula.frequencies.map(({ k }) => k))} and amplitudes ${list(amplitudes)}.`);
  says(`the formula explains ${percent(value('logits-explained'))} of the variance of the logits.`);
  const all = new Set(formula.frequencies.map(({ k }) => k));
  for (let sum = 0; sum < 113; sum++) expect(margin(logitsOf(formula, all, sum)).first).toBe(sum);
  const one = margin(logitsOf(formula, new Set([11]), 46));
  expect(one.gap).toBeLessThan(margin(logitsOf(formula, all, 46)).gap / 100);
});

test('the tests that carry the weight', () => {
  expect(trained.verdict).toBe('recovered');
  const whole = at(8800).clean.all!.loss;
  const lost = (share: number) => whole + share * (guessing - whole);
  says(`Each of the ${wavesOf(trained).length} tuned neurons is replaced with its fit`);
  says(`Accuracy: ${percent(value('fits-accuracy'))}.`);
  says(
    `The loss goes from ${short(whole)} to ${short(lost(value('waves-removed')))} nats; guessing has ${short(guessing)}.`,
  );
  says(`changes nothing: ${lost(trained.controls['waves-removed']!.value).toExponential(1)} nats.`);
  says(`in ${percent(value('sum-interchange'))} of the cases.`);
  expect(trained.controls['sum-interchange']!.value).toBe(0);
});

test('the impostor’s card', () => {
  expect(disguisedConfig).toBe(trainedConfig);
  expect(disguised.verdict).toBe('unknown');
  const [fourier] = disguised.hypotheses;
  const failed = fourier!.tests.filter(({ pass }) => !pass).map(({ name }) => `\`${name}\``);
  says(
    `${fourier!.tests.length - failed.length} of the ${fourier!.tests.length} tests of the rotations are passed all the same`,
  );
  expect(failed).toHaveLength(6);
  says(`those that reach into the neurons: ${failed.join(', ')}.`);
  expect(fourier!.details.frequencies).toEqual(trained.frequencies);
  const amplitudes = (card: typeof trained) => formulaOf(card).frequencies.map(({ amplitude }) => amplitude);
  const [same, own] = [amplitudes(trained), amplitudes(disguised)];
  for (const [i, amplitude] of own.entries()) expect(amplitude).toBeCloseTo(same[i]!, 3);
  says(`${wavesOf(disguised).length} of its neurons are beautiful waves.`);
});

test.each([
  ['trained', trained, () => modelOf('modular-addition')],
  ['impostor', disguised, () => controlModel('addition-sums-in-disguise')],
] as const)('%s: without the waves, and with nothing else', { timeout: 600_000 }, async (name, card, load) => {
  const model = await load();
  expect(model.config).toMatchObject({ n_layers: 1, n_heads: 4, d_mlp: 512, d_vocab_out: 113 });
  let runs = 0;
  const outcome = await silenceWaves({ recovery }, model, wavesOf(card), { onRun: (count) => (runs = count) });
  expect(outcome).toEqual(recorded[name]);
  expect(runs).toBe(recorded.runs);
});

test('what the experiment shows', () => {
  const { trained: first, impostor } = recorded;
  expect([first.asItIs, first.onlyWaves, impostor.asItIs, impostor.withoutWaves]).toEqual([1, 1, 1, 1]);
  says(`the network of rotations falls to ${percent(first.withoutWaves)}, the impostor does not notice.`);
  says(`(Guessing has ${percent(1 / 113)}. What is left comes from the ${first.neurons - first.waves} other neurons`);
  says(`takes the impostor to ${percent(impostor.onlyWaves)}.`);
});
