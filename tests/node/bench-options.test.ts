/** A benchmark's wrong option is refused before anything is measured. */
import { expect, test } from 'vitest';
import { count, counts, namesOf } from '../../bench/options';

test('whole numbers from 1 on', () => {
  expect([count('1'), counts('1,64,1024')]).toEqual([1, [1, 64, 1024]]);
  for (const text of ['0', '-1', '1.5', '1e3', 'x', '', ' 1', '0x10', '9999999999']) {
    expect(() => count(text), text).toThrow(`"${text}" is no whole number from 1 on.`);
  }
  expect(() => counts('64,,1024')).toThrow('"" is no whole number from 1 on.');
});

test('names out of a list', () => {
  const shapes = namesOf([{ name: 'small' }, { name: 'wide' }]);
  expect(shapes('wide,small')).toEqual([{ name: 'wide' }, { name: 'small' }]);
  expect(shapes('')).toEqual([]);
  expect(() => shapes('small,nope')).toThrow('Nothing is named "nope"; there are small, wide.');
});
