import { expect, onTestFinished, test } from 'vitest';
import { likelyTexts } from '../../src/analysis/likely-texts';
import { loadModel, readTrace, writeTrace } from '../../src/index';
import { recordedText, TEXTS } from '../../src/trace/texts';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';

test('a recording knows the texts of its own tokens and of the likeliest ones, and of no others', async () => {
  const model = await loadModel('induction', { device: await testDevice() });
  const trace = await model.run('<bos> a b c a b');
  onTestFinished(() => {
    trace.dispose();
    model.dispose();
  });
  const texts = await likelyTexts(trace, (id) => model.tokenizer!.token(id));
  const recording = readTrace(await writeTrace(trace, { hooks: [], answers: new Map([[TEXTS, texts]]) }), 'recording');
  const width = model.config.d_vocab_out;
  const known = [...Array(width).keys()].filter((id) => recordedText(recording, id) !== null);
  expect(known.length).toBeLessThan(width);
  expect(known.length).toBeGreaterThanOrEqual(8);
  for (const id of known) expect(recordedText(recording, id)).toBe(model.tokenizer!.token(id));
  const { data } = await trace.read(trace.program.output, { batch: 0, pos: -1 });
  const best = [...data.keys()].sort((a, b) => data[b]! - data[a]!).slice(0, 8);
  expect(known).toEqual(expect.arrayContaining(best));
});

test.each([null, 'words', 7, ['a'], { 5: 6 }])('texts that are %j are no texts', (texts) => {
  const trace = { tokens: [[1]], labels: [['one']], answers: new Map([[TEXTS, texts]]) } as unknown as Trace;
  expect(recordedText(trace, 5)).toBeNull();
  expect(recordedText(trace, 1)).toBe('one');
});
