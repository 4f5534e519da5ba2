/** Every number in the text of "Find the induction head", and what its guide says of what a reader may do. */
import { beforeAll, expect, test } from 'vitest';
import { lastProbabilities, likeliest, percent } from '../../docs/stories/answers';
import { describeEdits, describeHead, type Seen, stepsTaken } from '../../docs/stories/guide';
import { continuationOf, looksOf, repeatsIn, silencedBy } from '../../docs/stories/induction';
import markdown from '../../docs/stories/induction.md?raw';
import traces from '../../docs/traces.json';
import heads from '../../docs/variations/heads.md?raw';
import card from '../../fixtures/induction/card.json';
import { compositionScores, copyingScores, type Trace } from '../../src/index';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { testDevice } from '../harness/device';
import { page } from './claims';

const { says } = page(markdown);
const { prompt } = traces.repeat;
let model: Model;
let clean: Trace;

beforeAll(async () => {
  model = await loadModel(traces.repeat.model, { device: await testDevice() });
  clean = await model.run(prompt);
  return () => {
    clean.dispose();
    model.dispose();
  };
});

/** What the guide sees when a reader has silenced heads, `1.0` and so on. */
async function seen(...silenced: string[]): Promise<Seen> {
  const edits = silenced.map((name) => {
    const [layer, head] = name.split('.').map(Number);
    return { at: `blocks.${layer}.attn.hook_z`, slice: { head: head! }, op: 'zero' as const };
  });
  const edited = silenced.length > 0 ? await model.run(prompt, { edits }) : null;
  const after = edited && { looks: await looksOf(edited), continuation: await continuationOf(edited) };
  edited?.dispose();
  const before = await continuationOf(clean);
  return { looks: await looksOf(clean), before, after, silenced, selected: null, isLast: false };
}
const look = ({ looks }: Seen, name: string) => looks.find(({ layer, head }) => `${layer}.${head}` === name)!;

test('the prompt repeats, and the model goes on', async () => {
  expect(markdown).toContain(`prompt="${prompt}"`);
  const words = prompt.split(' ');
  const repeats = repeatsIn(clean.tokens[0]!);
  expect(words.slice(repeats[0]!.query, repeats[0]!.query + 4)).toEqual(['0', 'P', 'k', 'W']);
  expect(words[repeats.at(-1)!.key]).toBe('l');
  const [first] = likeliest(await lastProbabilities(clean), 1, (token) => model.tokenizer!.token(token)!);
  expect(first!.text).toBe('l');
  says(`The model expects \`l\` with ${percent(first!.probability)};`);
});

test('where the heads look', async () => {
  const all = await seen();
  const [first, second] = ['1.0', '1.1'].map((name) => look(all, name).induction.toFixed(2));
  says(`They give ${first} and ${second} of a repeated letter's attention to the one after its last time.`);
  says(`head 0.0 gives ${look(all, '0.0').previous.toFixed(2)} of its attention to the letter before.`);
  says(`and it has no stripe: ${look(all, '1.2').induction.toFixed(2)}.`);
  const others = all.looks.filter(({ layer, head }) => !['1.0', '1.1'].includes(`${layer}.${head}`));
  expect(Math.max(...others.map(({ induction }) => induction))).toBeLessThan(0.1);
});

test.each(['1.0', '1.1', '1.3', '0.1', '0.0'])('without head %s', async (name) => {
  const { before, after } = await seen(name);
  const row = (label: string, { probability, loss }: typeof before) =>
    says(`| ${label} | ${percent(probability)} | ${loss.toFixed(2)} nats |`);
  row('nothing', before);
  row(`head ${name}`, after!.continuation);
});

test('where the algorithm does not run', async () => {
  const places = card.results.places;
  says(`it looks behind the earlier letter with ${places['22-61'].behind_earlier.toFixed(3)} at positions 22 to 61`);
  says(`is right there in ${percent(places['22-61'].accuracy)} of the cases`);
  const elsewhere = [places['1-21'], places['62-62']];
  says(`it gives \`<bos>\` ${Math.min(...elsewhere.map(({ bos }) => bos)).toFixed(3)} and more`);
  const few = elsewhere.reduce((sum, { tokens }) => sum + tokens, 0);
  says(`${few} letters of ${card.results.predictable_tokens.toLocaleString('en')}`);
  const short = await model.run('<bos> a b c d a b c');
  const expected = (await lastProbabilities(short))[model.tokenizer!.encode('d')[0]!]!;
  says(`Then try a short one, \`<bos> a b c d a b c\`. The model gives \`d\` ${percent(expected)}, less than a guess.`);
  expect(expected).toBeLessThan(1 / 64);
  const { data } = await short.read('blocks.1.attn.hook_pattern', { batch: 0, head: 0, query: -1 });
  expect(data[0]).toBeGreaterThan(0.999);
  short.dispose();
});

test('the example of the other pages does what their captions say', async () => {
  expect(heads).toContain('at the last c it looks at d');
  const { prompt } = traces.induction;
  const trace = await model.run(prompt);
  const { data } = await trace.read('blocks.1.attn.hook_pattern', { batch: 0, head: 0, query: -1 });
  expect(prompt.split(' ')[data.indexOf(Math.max(...data))]).toBe('d');
  const [first] = likeliest(await lastProbabilities(trace), 1, (token) => model.tokenizer!.token(token)!);
  expect(first!.text).toBe('d');
  trace.dispose();
});

test('without the previous-token head the stripes are gone, and the loss is worse than guessing', async () => {
  const all = await seen('0.0');
  const { loss } = all.after!.continuation;
  expect(loss).toBeGreaterThan(Math.log(64));
  says(
    `the loss is the largest of all, ${loss.toFixed(2)} nats, worse than the ${Math.log(64).toFixed(2)} of guessing`,
  );
  const after = { ...all, looks: all.after!.looks };
  says(`head 1.0's falls from ${look(all, '1.0').induction.toFixed(2)} to ${look(after, '1.0').induction.toFixed(2)}.`);
});

test('what the weights say', async () => {
  const { pairs, baseline } = await compositionScores(model);
  const keys = pairs.filter(({ score }) => score !== null).sort((one, other) => other.score! - one.score!);
  expect(keys.slice(0, 3).map(({ kind }) => kind)).toEqual(['K', 'K', 'K']);
  expect(keys.slice(0, 3).map(({ from, to }) => [`${from.layer}.${from.head}`, `${to.layer}.${to.head}`])).toEqual([
    ['0.0', '1.2'],
    ['0.0', '1.1'],
    ['0.0', '1.0'],
  ]);
  says(`Two random matrices of this size have ${baseline.mean.toFixed(3)}.`);
  const [a, b, c] = keys.map(({ score }) => score!.toFixed(3));
  says(`Heads 1.2, 1.1 and 1.0 have ${a}, ${b} and ${c}, further out than any other pair of heads`);
  const copying = await copyingScores(model);
  const score = (layer: number, head: number) =>
    copying
      .find((one) => one.layer === layer && one.head === head)!
      .score!.toFixed(2)
      .replace('-', '−');
  says(`head 1.0 has ${score(1, 0)}, head 1.1 ${score(1, 1)}, head 0.0 ${score(0, 0)}.`);
  says(`by copying it has ${score(1, 2)}`);
});

test('the guide takes the steps that were taken, and no others', async () => {
  const at = (silenced: Seen, selected: string | null = null, isLast = false) =>
    stepsTaken({ ...silenced, selected, isLast });
  expect(at(await seen())).toEqual([]);
  expect(at(await seen(), '1.2', true)).toEqual(['look']);
  expect(at(await seen(), '1.0')).toEqual(['find']);
  expect(at(await seen(), '0.0')).toEqual([]);
  expect(at(await seen('1.0'))).toEqual(['silence']);
  expect(at(await seen('0.1'))).toEqual(['control']);
  expect(at(await seen('1.3'))).toEqual([]);
  expect(at(await seen('0.0'))).toEqual(['source']);
  expect(at(await seen('1.0', '0.1'))).toEqual([]);
});

test('the guide says what it measured', async () => {
  const all = await seen();
  expect(describeHead(look(all, '1.0'))).toMatch(/^Head 1\.0 gives 0\.86 of a repeated token's attention/);
  expect(describeHead(look(all, '0.0'))).toMatch(/^Head 0\.0 gives 0\.71 of its attention to the token before\./);
  expect(describeHead(look(all, '0.1'))).toMatch(/No stripe here\.$/);
  expect(describeEdits(all)).toBe('');
  expect(describeEdits(await seen('1.0'))).toMatch(/goes from 74\.8% to 4\.46%.* The answer hangs on it\.$/);
  expect(describeEdits(await seen('1.3'))).toMatch(/goes from 74\.8% to 97\.2%.* It got better:/);
  expect(describeEdits(await seen('0.1'))).toMatch(/goes from 74\.8% to 74\.8%.* Nothing to speak of\./);
  expect(describeEdits(await seen('0.0'))).toMatch(/the strongest stripe has gone from 0\.86 to 0\.0/);
  expect(describeEdits({ ...(await seen('1.0')), silenced: [] })).toMatch(/^This edit is another/);
});

test('edits as the figures write them', () => {
  expect(silencedBy(['blocks.1.attn.hook_z[head=0]:zero', 'blocks.0.attn.hook_z[head=3]:scale=2'])).toEqual(['1.0']);
  expect(silencedBy(['blocks.1.attn.hook_z[head=0,pos=5]:zero', 'blocks.0.hook_attn_out:zero'])).toEqual([]);
});
