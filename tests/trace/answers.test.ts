import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { parseSafetensors, readI32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { readTrace } from '../../src/trace/file';
import type { Trace } from '../../src/trace/trace';
import { writeTrace } from '../../src/trace/write';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

let model: Model;
let trace: Trace;
beforeAll(async () => {
  model = await loadModel(tinyModel(), { device: await testDevice() });
  trace = await model.run([[1, 2, 3]]);
});
afterAll(() => {
  trace.dispose();
  model.dispose();
});

const write = (answers: [string, unknown][]) => writeTrace(trace, { hooks: [], answers: new Map(answers) });

describe('the answers of a trace file', () => {
  test('come back as they were, with numbers and names that JSON does not hold', async () => {
    const answers: [string, unknown][] = [
      ['lens?frozen=false', { rows: [Number.NaN, Infinity, -Infinity, -0, 0, 1e-300, 0.1], none: null, is: true }],
      ['texts', ['NaN', 'Infinity', '</script>', '\0', '\ud800', 'مرحبا', '__proto__']],
      ['__proto__', { constructor: 1, toString: [] }],
      ['', 0],
    ];
    expect([...readTrace(await write(answers)).answers]).toEqual(answers);
  });

  test('come back whatever plain JSON they are', async () => {
    const numbers = fc.double();
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        numbers,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(
          fc.string().filter((name) => name !== '$number' && name !== '__proto__'),
          tie('value'),
          { noNullPrototype: true },
        ),
      ),
    })).value;
    await fc.assert(
      fc.asyncProperty(json, async (answer) => {
        expect(readTrace(await write([['asked', answer]])).answers.get('asked')).toEqual(answer);
      }),
      { numRuns: 60 },
    );
  });

  test('are those of the trace unless others are given, and a recording hands them on', async () => {
    const live = await model.run([[1, 2, 3]]);
    live.answers!.set('asked', [1, 2]);
    const recorded = readTrace(await writeTrace(live, { hooks: ['hook_embed'] }));
    live.dispose();
    expect([...recorded.answers]).toEqual([['asked', [1, 2]]]);
    expect([...readTrace(await writeTrace(recorded)).answers]).toEqual([['asked', [1, 2]]]);
    expect(readTrace(await writeTrace(recorded, { answers: new Map() })).answers.size).toBe(0);
  });

  test('leave a file without them as it was', async () => {
    const { metadata } = parseSafetensors(await writeTrace(trace, { hooks: [] }), 'trace');
    expect(Object.keys(metadata)).not.toContain('answers');
  });

  test.each<[string, unknown, string]>([
    ['typed arrays', { values: new Float64Array(2) }, 'the answer "asked".values is of type Float64Array'],
    ['functions', [() => 1], 'the answer "asked"[0] is of type function'],
    ['dates', new Date(0), 'the answer "asked" is of type Date'],
    ['holes', [undefined], 'the answer "asked"[0] is of type undefined'],
    ['big whole numbers', 1n, 'is of type bigint'],
    ['what stands for a number', { $number: 'NaN' }, 'has a member $number, which stands for a number'],
    ['circles', circle(), 'is more than 64 lists and objects deep'],
  ])('refuse %s when written', async (_, answer, sentence) => {
    await expect(write([['asked', answer]])).rejects.toMatchObject({
      code: 'trace-invalid',
      message: expect.stringContaining(sentence),
    });
  });

  test.each([
    ['no JSON', '{"a": 1', 'its answers is no JSON'],
    ['a list', '[1]', 'they are no object from key to answer'],
    ['a text', '"lens"', 'they are no object from key to answer'],
    ['null', 'null', 'they are no object from key to answer'],
    ['a key given twice', '{"a": 1, "a": 2}', 'its answers is no JSON: the key "a" is given twice'],
    ['depth', `{"a": ${'['.repeat(70)}${']'.repeat(70)}}`, 'one is more than 64 lists and objects deep'],
    ['great depth', `{"a": ${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'lists and objects are more than 1000 deep'],
    ['many', `{${Array.from({ length: 4097 }, (_, i) => `"${i}": 0`)}}`, 'there are 4097, expected at most 4096'],
    ['length', `{"a": "${'x'.repeat(2 ** 24)}"}`, 'its answers has 16777225 characters, expected at most 16777216'],
  ])('that are %s are refused when read', async (_, answers, sentence) => {
    const file = parseSafetensors(await writeTrace(trace, { hooks: [] }), 'trace');
    const tokens = { name: 'tokens', dtype: 'I32' as const, shape: [1, 3], data: readI32(file, 'tokens') };
    const bytes = writeSafetensors([tokens], { ...file.metadata, answers });
    expect(() => readTrace(bytes, 'a.safetensors')).toThrow(
      expect.objectContaining({ code: 'trace-invalid', message: expect.stringContaining(sentence) }),
    );
  });
});

function circle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
