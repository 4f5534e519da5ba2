import { expect, test } from 'vitest';
import { embed } from '../../src/kernels/embed';
import { numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

test.each(ODD_SIZES)('copies a row per id, %i of them', async (rows) => {
  const { around, ids } = numbers(rows);
  const [vocab, model] = [113, 35];
  const inputs = { table: around(0, vocab * model), ids: ids(vocab, rows) };
  expect(await witness(embed, { rows, vocab, model, first: 0 }, inputs)).toBe(0);
});

test('in a part of a split table, ids below and beyond it yield zeros', async () => {
  const { around } = numbers(1);
  const [vocab, model, first] = [7, 3, 100];
  const ids = Uint32Array.of(0, 99, 100, 103, 106, 107, 2 ** 32 - 1);
  const values = { rows: ids.length, vocab, model, first };
  expect(await witness(embed, values, { table: around(5, vocab * model), ids })).toBe(0);
});
