import { describe, expect, test } from 'vitest';
import { isTextOf } from '../../components/model/same-text';

describe('however a text is split, it is the same', () => {
  test.each([
    ['letters', [...'to be'], 'to be'],
    ['pieces', ['Hel', 'lo', ' wor', 'ld'], 'Hello world'],
    ['pieces after a space of the tokenizer', [' Hello', ' world'], 'Hello world'],
    ['words without what is between them', ['<bos>', 'a', 'b'], ' <bos>  a\nb '],
    ['words, and what is in one of them', ['3', '+', '4', '='], '3+4 ='],
    ['bytes of one character', ['a', '\\xE2\\x82', '\\xAC', ' b'], 'a€ b'],
    ['bytes as SentencePiece writes them', [' a', '<0xE2>', '<0x82>', '<0xAC>'], 'a€'],
    ['lone surrogates', ['\ud800', 'a'], '\ud800a'],
  ])('%s', (_, labels, text) => expect(isTextOf(labels, text)).toBe(true));
});

describe('another text is another one', () => {
  test.each([
    ['another word', ['<bos>', 'a', 'b'], '<bos> a c'],
    ['a longer one', ['<bos>', 'a'], '<bos> a b'],
    ['a shorter one', ['<bos>', 'a', 'b'], '<bos> a'],
    ['another case', [...'To be'], 'to be'],
    ['another white space', [...'to be'], 'to  be'],
    ['white space within a word', ['ab'], 'a b'],
    ['other bytes', ['\\xE2\\x82', '\\xAD'], '€'],
  ])('%s', (_, labels, text) => expect(isTextOf(labels, text)).toBe(false));
});
