import { expect, onTestFinished, test } from 'vitest';
import { colorStyle } from '../../components/shared/color-style';
import { colorIndex, diverging, luminance, sequential } from '../../components/shared/colors';
import { fit } from '../../components/shared/fit';
import { choose, fitSelection, isIndex, nothingPointed, within } from '../../components/shared/selection';
import { formatBytes, formatPercent, formatShort, formatValue, visibleToken } from '../../components/shared/text';

test.each([
  [0, '0'],
  [0.42, '0.4200'],
  [-1.5, '−1.500'],
  [1.234e-7, '1.234e−7'],
  [Number.NaN, 'NaN'],
])('formatValue(%d) is %s', (value, text) => expect(formatValue(value)).toBe(text));

test.each([
  [-0.126, '−0.13'],
  [-0.001, '0.00'],
  [123.4, '123'],
  [999_999, '999999'],
  [-1e6, '−1.000e+6'],
  [4.9999999241216036e30, '5.000e+30'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NaN, 'NaN'],
])('formatShort(%d) is %s', (value, text) => expect(formatShort(value)).toBe(text));

test.each([
  [1, '100%'],
  [0.9996, '100.0%'],
  [0.0004, '< 0.1%'],
  [0, '0.0%'],
])('formatPercent(%d) is %s', (share, text) => expect(formatPercent(share)).toBe(text));

test.each([
  [999, '999 B'],
  [1000, '1.0 kB'],
  [131_000, '131 kB'],
  [1_440_000, '1.4 MB'],
  [2_000_000_000, '2.0 GB'],
])('formatBytes(%d) is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [' the', '·the'],
  ['\n\n', '⏎⏎'],
  ['', '∅'],
  ['\\xE2', '\\xE2'],
  ['\u200b', '\\u{200B}'],
  ['👍', '👍'],
  ['x'.repeat(160), 'x'.repeat(160)],
  ['x'.repeat(100_000), `${'x'.repeat(160)}…`],
  [`${'x'.repeat(159)}👍👍`, `${'x'.repeat(159)}\\u{D83D}…`],
  [' שלום', '\u2068·שלום\u2069'],
  ['مرحبا\u2069\u202e', '\u2068مرحبا\\u{2069}\\u{202E}\u2069'],
  ['\u{1e900}', '\u2068\u{1e900}\u2069'],
  ['\u202eabc', '\\u{202E}abc'],
  ['☀\ufe0f é', '☀\ufe0f·é'],
])('visibleToken(%j) is %s', (token, text) => expect(visibleToken(token)).toBe(text));

test('a token that runs from right to left leaves the words around it where they are, in text without markup', () => {
  const sentence = document.createElement('p');
  onTestFinished(() => sentence.remove());
  document.body.append(sentence);
  const parts = ['from ', visibleToken('שלום'), ' (7) to ', visibleToken('مرحبا'), ' (1), 0.5'];
  sentence.textContent = parts.join('');
  const range = document.createRange();
  let at = 0;
  const places = parts.map((part) => {
    range.setStart(sentence.firstChild!, at);
    range.setEnd(sentence.firstChild!, (at += part.length));
    const { left, right } = range.getBoundingClientRect();
    return [left, right] as const;
  });
  for (const [i, [left]] of places.slice(1).entries()) expect(left).toBeGreaterThanOrEqual(places[i]![1] - 0.5);
});

test.each([
  ['abc', 30, 'abc'],
  ['abcd', 30, 'ab…'],
  ['👍👍👍👍', 30, '👍👍…'],
  ['abcd', 5, 'a…'],
  ['ab', 5, 'a…'],
  ['x'.repeat(100_000), 96, `${'x'.repeat(8)}…`],
])('fit(%j, %d) is %s, and measures little', (text, width, shown) => {
  let measured = 0;
  const measureText = (part: string) => {
    measured += part.length;
    return { width: 10 * [...part].length } as TextMetrics;
  };
  expect(fit({ measureText }, text, width)).toBe(shown);
  expect(measured).toBeLessThan(40_000);
});

test('the sequential scale goes one way in lightness, away from the page', () => {
  const light = sequential.light.map(luminance);
  const dark = sequential.dark.map(luminance);
  for (let i = 1; i < 256; i++) {
    expect(light[i]!).toBeLessThanOrEqual(light[i - 1]! + 0.003);
    expect(dark[i]!).toBeGreaterThanOrEqual(dark[i - 1]! - 0.003);
  }
});

test('the diverging scale is faintest in the middle', () => {
  const at = (scheme: 'light' | 'dark', value: number) => luminance(diverging[scheme][colorIndex(value, -1, 1)]!);
  expect(at('light', 0)).toBeGreaterThan(Math.max(at('light', -1), at('light', 1)) + 0.5);
  expect(at('dark', 0)).toBeLessThan(Math.min(at('dark', -1), at('dark', 1)) - 0.2);
});

test('values outside of a scale take its ends, and a scale without extent its middle', () => {
  expect([colorIndex(-5, 0, 1), colorIndex(5, 0, 1), colorIndex(3, 3, 3)]).toEqual([0, 255, 128]);
});

test('text on any colour of a scale can be read: contrast of 4.5 or more', () => {
  for (const scale of [sequential, diverging]) {
    for (let i = 0; i < 258; i++) {
      for (const scheme of ['light', 'dark'] as const) {
        const back = luminance(scale[scheme][i]!);
        const inks = /color: light-dark\((#\w+), (#\w+)\)/.exec(colorStyle(scale, i))!;
        const ink = inks[scheme === 'light' ? 1 : 2] === '#fff' ? 1 : 0;
        expect((Math.max(back, ink) + 0.05) / (Math.min(back, ink) + 0.05)).toBeGreaterThanOrEqual(4.5);
      }
    }
  }
});

test('the neurons follow the layer, unless the choice says otherwise', () => {
  const begun = { ...nothingPointed.selection, neuronLayer: 2, neuron: 7 };
  expect(choose(begun, { head: 3 })).toEqual({ ...begun, head: 3 });
  expect(choose(begun, { layer: 1 })).toMatchObject({ layer: 1, neuronLayer: null, neuron: null });
  expect(choose(begun, { layer: 2 })).toMatchObject({ layer: 2, neuronLayer: null, neuron: 7 });
  expect(choose(begun, { layer: 1, neuronLayer: 2 })).toMatchObject({ layer: 1, neuronLayer: 2, neuron: 7 });
  expect(choose(begun, { layer: 0, neuron: 5 })).toMatchObject({ layer: 0, neuronLayer: null, neuron: 5 });
});

test('an index is a whole number from 0, and the nearest one of those there are', () => {
  expect([0, 3, -1, 1.5, Number.NaN, null].map(isIndex)).toEqual([true, true, false, false, false, false]);
  expect([0, 3, -1, 1.5, Number.NaN, 4, Infinity].map((index) => within(index, 4))).toEqual([0, 3, 0, 1, 0, 3, 3]);
});

test('a selection at the end follows the end, another one stays where it fits', () => {
  const { selection } = nothingPointed;
  expect(fitSelection(selection, 0, 5)).toMatchObject({ pos: 4, query: 4, key: null });
  expect(fitSelection({ ...selection, pos: 4, query: 2, key: 4 }, 5, 6)).toMatchObject({ pos: 5, query: 2, key: 4 });
  expect(fitSelection({ ...selection, pos: 3, query: 4, key: 3 }, 5, 3)).toMatchObject({ pos: 2, query: 2, key: null });
});
