import { expect, onTestFinished, test } from 'vitest';
import { loadModel } from '../../src/index';
import { textAnswers } from '../../src/trace/text-answers';
import { testDevice } from '../harness/device';

test('a recording carries the text of its prompt, and those of the eight likeliest tokens after each position', async () => {
  const model = await loadModel('induction', { device: await testDevice() });
  const trace = await model.run('<bos> a b c a b');
  onTestFinished(() => {
    trace.dispose();
    model.dispose();
  });
  const answers = await textAnswers(trace, model.tokenizer);
  const texts = answers.get('texts?') as Record<number, string>;
  const expected = new Set<number>();
  for (let pos = 0; pos < 6; pos++) {
    const { data } = await trace.read(trace.program.output, { batch: 0, pos });
    const best = [...data.keys()].sort((a, b) => data[b]! - data[a]!).slice(0, 8);
    for (const id of best) expected.add(id);
  }
  expect(new Set(Object.keys(texts).map(Number))).toEqual(expected);
  expect(expected.size).toBeLessThan(model.config.d_vocab_out);
  for (const [id, text] of Object.entries(texts)) expect(text).toBe(model.tokenizer!.token(Number(id)));
  expect(answers.get('prompt?')).toBe('<bos> a b c a b');
  expect([...(await textAnswers(trace, model.tokenizer, false)).keys()]).toEqual(['prompt?']);
  expect(await textAnswers(trace, null)).toEqual(new Map());
});
