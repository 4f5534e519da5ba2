/** Every number in the text of "A transformer from the inside", against a pass of the very prompt. */
import { beforeAll, expect, test } from 'vitest';
import { lastProbabilities, likeliest, percent } from '../../docs/stories/answers';
import markdown from '../../docs/stories/inside.md?raw';
import traces from '../../docs/traces.json';
import { attributeLogit, type Index, logitLens, type Trace } from '../../src/index';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { testDevice } from '../harness/device';
import { page } from './claims';

const { says } = page(markdown);
const { prompt } = traces.pray;
let model: Model;
let trace: Trace;
const text = (token: number) => model.tokenizer!.token(token)!;

beforeAll(async () => {
  model = await loadModel(traces.pray.model, { device: await testDevice() });
  trace = await model.run(prompt);
  return () => {
    trace.dispose();
    model.dispose();
  };
});

const value = async (name: string, index: Index) => (await trace.read(name, { batch: 0, ...index })).data[0]!;
const norm = async (name: string) => Math.hypot(...(await trace.read(name, { batch: 0, pos: -1 })).data);

async function answers(...specs: Parameters<typeof model.run>[1][]) {
  const edited = await model.run(prompt, ...specs);
  const top = likeliest(await lastProbabilities(edited), 5, text);
  edited.dispose();
  return top;
}
const zero = (at: string, head?: number) => ({
  edits: [{ at, op: 'zero' as const, ...(head !== undefined && { slice: { head } }) }],
});

test('the prompt, its tokens and the answer', async () => {
  expect(markdown).toContain(`prompt="${prompt}"`);
  says(
    `The text is cut into six tokens, pieces of text that the model has numbers for: ${trace.tokens[0]!.join(', ')}.`,
  );
  const [first, second] = likeliest(await lastProbabilities(trace), 2, text);
  expect([first!.text, second!.text]).toEqual([' you', ',']);
  says(`it expects \`·you\` with ${percent(first!.probability)}, then a comma with ${percent(second!.probability)}.`);
  says(`The whole pass is a list of ${trace.program.steps.length} steps.`);
});

test('the same token has the same row, whatever its place', async () => {
  const rows = await Promise.all([1, 5].map((pos) => trace.read('hook_embed', { batch: 0, pos })));
  expect(rows[0]!.data).toEqual(rows[1]!.data);
  const summed = await Promise.all([1, 5].map((pos) => trace.read('blocks.0.hook_resid_pre', { batch: 0, pos })));
  expect(summed[0]!.data).not.toEqual(summed[1]!.data);
});

test('scales, scores and shares', async () => {
  const first = await value('blocks.0.ln1.hook_scale', { pos: 5, one: 0 });
  const last = await value('ln_final.hook_scale', { pos: 5, one: 0 });
  says(`At \`·pray\` that is ${first.toFixed(3)}, and at the end of the last layer ${last.toFixed(2)}:`);
  const score = await value('blocks.0.attn.hook_attn_scores', { head: 0, query: 5, key: 4 });
  says(`In the last row the score that stands out is −${Math.abs(score).toFixed(3)}, at the token before.`);
  const row = (await trace.read('blocks.0.attn.hook_attn_scores', { batch: 0, head: 0, query: 5 })).data;
  expect(Math.max(...row)).toBe(score);
  const shares = await Promise.all(
    [1, 2, 3, 4, 5].map((query) => value('blocks.0.attn.hook_pattern', { head: 0, query, key: query - 1 })),
  );
  says(`Head 0 of layer 0 gives ${shares[4]!.toFixed(3)} of \`·pray\`'s attention to the token before it`);
  expect(Math.min(...shares)).toBe(shares[4]);
  const [zeroth, second] = await Promise.all(
    [0, 2].map((head) => value('blocks.1.attn.hook_pattern', { head, query: 5, key: 2 })),
  );
  says(
    `head 1.0 gives ${zeroth!.toFixed(3)} of its attention to \`·you\`, and head 1.2 gives it ${second!.toFixed(3)}.`,
  );
  for (const head of [0, 2]) {
    const { data } = await trace.read('blocks.1.attn.hook_pattern', { batch: 0, head, query: 5 });
    expect(Math.max(...data)).toBe(data[2]);
  }
});

test('the MLP of layer 0', async () => {
  const { data } = await trace.read('blocks.0.mlp.hook_post', { batch: 0, pos: 5 });
  const most = Math.max(...data);
  says(`At \`·pray\` neuron ${data.indexOf(most)} fires most, with ${most.toFixed(2)}.`);
  const [mid, post] = [await norm('blocks.0.hook_resid_mid'), await norm('blocks.0.hook_resid_post')];
  expect(Math.round(post / mid)).toBe(6);
  says(`makes the vector six times as long, from ${mid.toFixed(2)} to ${post.toFixed(2)}.`);
});

test('what each layer already knows', async () => {
  const points = await logitLens(model, trace, { pos: -1, top: 2 });
  const at = (name: string) => points.find((point) => point.at === name)!.rows[0]!.top;
  const start = at('blocks.0.hook_resid_pre')[0]!;
  expect(text(start.token)).toBe(' pray');
  says(`Before layer 0 the last column says \`·pray\` with ${percent(start.probability)}`);
  says(
    `the best guesses are endings, ${at('blocks.0.hook_resid_post')
      .map(({ token }) => `\`${text(token)}\``)
      .join(' and ')}.`,
  );
  const after = at('blocks.1.hook_resid_post')[0]!;
  expect(text(after.token)).toBe(' you');
  says(`After layer 1 \`·you\` leads with ${percent(after.probability)}`);
});

test('who wrote the answer', async () => {
  const { parts, prompts } = await attributeLogit(model, trace, { token: ' you' });
  const { logit, values } = prompts[0]!;
  says(`The logit of \`·you\` is ${logit.toFixed(3)}, the largest.`);
  says(`the bars add up to ${logit.toFixed(3)}, and the page checks that they do.`);
  const wrote = (name: string) => values[parts.findIndex((part) => part.name === name)]!;
  expect(Math.max(...values)).toBe(wrote('blocks.0.mlp'));
  says(
    `The MLP of layer 0 wrote most of it, ${wrote('blocks.0.mlp').toFixed(3)}; head 1.0, which looks at \`·you\`, wrote ${wrote('blocks.1.head.0').toFixed(3)}.`,
  );
});

test('what is left without a part', async () => {
  const [without] = await answers(zero('blocks.1.attn.hook_z', 0));
  expect(without!.text).toBe(' you');
  says(`Without head 1.0 the answer is not weaker but a little stronger: ${percent(without!.probability)}.`);
  const [other] = await answers(zero('blocks.1.attn.hook_z', 2));
  expect(other!.text).toBe(' you');
  says(`Without head 1.2 it is ${percent(other!.probability)}.`);
  const none = await answers(zero('blocks.0.hook_mlp_out'));
  expect(none.map((answer) => answer.text)).not.toContain(' you');
  expect(none[0]!.text).toBe(',');
  says(`\`·you\` is not among the first five any more; a comma leads with ${percent(none[0]!.probability)}.`);
});
