import { describe, expect, test } from 'vitest';
import { parseTokenizer } from '../../src/model/parse-tokenizer';
import { readTokenizer } from '../../src/model/tokenizer';
import { directory, refusal } from './directory';

/** GPT-2's table: one printable character per byte, the byte's own where it has one. */
function characterOf(byte: number): string {
  const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff);
  if (printable(byte)) return String.fromCharCode(byte);
  const before = Array.from({ length: byte }, (_, b) => b).filter((b) => !printable(b)).length;
  return String.fromCharCode(256 + before);
}

const spell = (text: string) => Array.from(new TextEncoder().encode(text), characterOf).join('');

/** Byte-level BPE as GPT-2's: a token per byte, in order, then " a", "ab", the two first bytes of "€", a special one. */
function byteLevel(bytes = Array.from({ length: 256 }, (_, b) => b)) {
  const merges = [
    ['Ġ', 'a'],
    ['a', 'b'],
    [characterOf(0xe2), characterOf(0x82)],
  ];
  const pieces = [...bytes.map(characterOf), ...merges.map((pair) => pair.join(''))];
  return {
    version: '1.0',
    added_tokens: [
      {
        id: pieces.length,
        content: '<|endoftext|>',
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: {},
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', unk_token: null, vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges },
  };
}

const parse = (json: unknown) => parseTokenizer(json, {}, 'tiny/tokenizer.json');
const [SPACE_A, AB, EURO_BEGINNING, END] = [256, 257, 258, 259];

describe('encode', () => {
  const tokenizer = parse(byteLevel());

  test('merges, and adds no special token where the post-processor would', () => {
    expect(tokenizer.encode('ab a')).toEqual([AB, SPACE_A]);
    expect(tokenizer.encode('€')).toEqual([EURO_BEGINNING, 0xac]);
    expect(tokenizer.encode('')).toEqual([]);
  });

  test('a special token that the text spells is that token', () => {
    expect(tokenizer.encode('<|endoftext|>ab')).toEqual([END, AB]);
  });

  test.each(['When Mary and John', ' .,  !', "it 's\n\n\tso .", 'naïve €5 🙂 日本', '\u0000\ufeff\ufffd'])(
    'and decode give %j back',
    (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );

  test('a character without a token is refused, not dropped', () => {
    const ascii = parse(byteLevel(Array.from({ length: 128 }, (_, b) => b)));
    expect(ascii.encode('ab a')).toEqual([129, 128]);
    expect(() => ascii.encode('a ünd b')).toThrow('tiny/tokenizer.json has no token for "ü", which the text holds');
    expect(() => tokenizer.encode('a\ud800')).toThrow('has no token for "\\ud800", which the text holds');
  });

  test('a tokenizer that puts a space before the text loses nothing', () => {
    const json = byteLevel();
    json.pre_tokenizer.add_prefix_space = true;
    expect(parse(json).encode('ab')).toEqual([SPACE_A, 'b'.charCodeAt(0)]);
  });
});

describe('decode', () => {
  const tokenizer = parse(byteLevel());

  test('keeps special tokens, spaces before punctuation, and replaces what is no character', () => {
    expect(tokenizer.decode([END, SPACE_A, 0x20, 0x2e])).toBe('<|endoftext|> a .');
    expect(tokenizer.decode([EURO_BEGINNING])).toBe('\ufffd');
    expect(tokenizer.decode([])).toBe('');
  });

  test('refuses an id that it does not know', () => {
    expect(() => tokenizer.decode([1, 260])).toThrow('tiny/tokenizer.json has no token with the id 260');
  });
});

test.each([
  [SPACE_A, ' a'],
  [0x0a, '\n'],
  [EURO_BEGINNING, '\\xE2\\x82'],
  [END, '<|endoftext|>'],
  [260, '[260]'],
  [-1, '[-1]'],
])('token %i is displayed as %j', (id, text) => {
  expect(parse(byteLevel()).token(id)).toBe(text);
});

test('a token that mixes characters and broken ones shows both', () => {
  const json = byteLevel();
  json.model.vocab[spell(' ') + characterOf(0xe2)] = 260;
  expect(parse(json).token(260)).toBe(' \\xE2');
});

describe('a vocabulary of words', () => {
  const words = (unk_token: string) => ({
    added_tokens: [{ id: 0, content: '<bos>', lstrip: false, rstrip: false, normalized: false, special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: { '<bos>': 0, a: 1, '+': 2, '=': 3 }, unk_token },
  });

  test('goes there and back', () => {
    const tokenizer = parse(words('<unk>'));
    expect(tokenizer.encode('<bos> a +  a =')).toEqual([0, 1, 2, 1, 3]);
    expect(tokenizer.decode([0, 1, 2, 1, 3])).toBe('<bos> a + a =');
    expect([0, 1, 4].map((id) => tokenizer.token(id))).toEqual(['<bos>', 'a', '[4]']);
  });

  test('refuses other words, unless it has a token for them', () => {
    expect(() => parse(words('<unk>')).encode('a + b')).toThrow(
      'tiny/tokenizer.json has no token for "b", which the text holds',
    );
    expect(parse(words('=')).encode('a + b')).toEqual([1, 2, 3]);
  });
});

describe('a directory', () => {
  test('has a tokenizer or has none', async () => {
    expect(await readTokenizer(directory({}))).toBeNull();
    const files = { 'tokenizer.json': byteLevel(), 'tokenizer_config.json': { add_bos_token: true } };
    for (const contents of [files, { 'tokenizer.json': byteLevel() }]) {
      expect((await readTokenizer(directory(contents)))?.encode('ab')).toEqual([AB]);
    }
  });

  test.each<[unknown, RegExp]>([
    [{}, /^tokenizer-invalid: tiny\/tokenizer\.json cannot be used: .*; expected a file of the tokenizers library$/],
    [{ ...byteLevel(), added_tokens: undefined }, /^tokenizer-invalid: /],
    [{ ...byteLevel(), model: { type: 'Other' } }, /^tokenizer-invalid: .*Other/],
    ['{"model": ', /^json-invalid: tiny\/tokenizer\.json is not valid JSON: /],
    [
      'version https://git-lfs.github.com/spec/v1\n',
      /^json-invalid: tiny\/tokenizer\.json is a Git LFS pointer, not the/,
    ],
  ])('with a broken one is refused: %#', async (json, sentence) => {
    expect(await refusal(readTokenizer(directory({ 'tokenizer.json': json })))).toMatch(sentence);
  });
});
