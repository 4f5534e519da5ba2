import { expect, onTestFinished, test } from 'vitest';
import { likelyTexts } from '../../src/analysis/likely-texts';
import { loadModel } from '../../src/index';
import { testDevice } from '../harness/device';

test('the texts are those of the eight likeliest tokens after each position', async () => {
  const model = await loadModel('induction', { device: await testDevice() });
  const trace = await model.run('<bos> a b c a b');
  onTestFinished(() => {
    trace.dispose();
    model.dispose();
  });
  const texts = await likelyTexts(trace, (id) => model.tokenizer!.token(id));
  const expected = new Set<number>();
  for (let pos = 0; pos < 6; pos++) {
    const { data } = await trace.read(trace.program.output, { batch: 0, pos });
    const best = [...data.keys()].sort((a, b) => data[b]! - data[a]!).slice(0, 8);
    for (const id of best) expected.add(id);
  }
  expect(new Set(Object.keys(texts).map(Number))).toEqual(expected);
  expect(expected.size).toBeLessThan(model.config.d_vocab_out);
  for (const [id, text] of Object.entries(texts)) expect(text).toBe(model.tokenizer!.token(Number(id)));
});
