import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { matchHooks } from '../../src/cli/hooks';
import { checkWritable, writeWhole } from '../../src/cli/out-file';
import { transformer } from '../../src/model/transformer';
import { weightTable } from '../../src/model/weight-table';
import { tinyModel } from '../harness/tiny-model';
import { temporaryFolder } from './fluoroscope';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

describe('--out', () => {
  test('a new file and an old one are written whole, and nothing beside them stays', () => {
    for (const text of ['first', 'second']) {
      checkWritable(at('file'));
      writeWhole(at('file'), Buffer.from(text));
      expect(readFileSync(at('file'), 'utf8')).toBe(text);
    }
    expect(readdirSync(folder.path).filter((name) => name.startsWith('file'))).toEqual(['file']);
  });

  test('a link stays a link: its target is written', () => {
    writeFileSync(at('target'), 'old');
    symlinkSync(at('target'), at('link'));
    checkWritable(at('link'));
    writeWhole(at('link'), Buffer.from('new'));
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('target'), 'utf8')).toBe('new');
  });

  test('a pipe, a directory and an empty name are refused and left alone', () => {
    execFileSync('mkfifo', [at('pipe')]);
    mkdirSync(at('directory'));
    const refused = (path: string, why: string) =>
      expect(() => checkWritable(path)).toThrow(
        expect.objectContaining({ code: 'output-unwritable', message: expect.stringContaining(why) }),
      );
    refused(at('pipe'), 'it is a device or a pipe');
    refused(at('directory'), 'it is a directory');
    refused(at('nowhere/file'), 'there is no directory');
    refused('', 'the name is empty');
    expect(statSync(at('pipe')).isFIFO()).toBe(true);
  });
});

describe('--hooks', () => {
  const { config } = tinyModel();
  const program = transformer(config, weightTable(config, false, 2 ** 27), 1, 3);

  test('* stands for any run of characters, from an end, in the middle, twice', () => {
    expect(matchHooks(program, ['*.hook_q'])).toEqual(['blocks.0.attn.hook_q', 'blocks.1.attn.hook_q']);
    expect(matchHooks(program, ['blocks.1.*_resid_*'])).toEqual([
      'blocks.1.hook_resid_pre',
      'blocks.1.hook_resid_mid',
      'blocks.1.hook_resid_post',
    ]);
    expect(matchHooks(program, ['hook_embed', 'hook_*bed'])).toEqual(['hook_embed', 'hook_pos_embed']);
    expect(() => matchHooks(program, ['hook_embed*embed'])).toThrow('matches no tensor');
  });

  test('many stars cost no time', () => {
    expect(() => matchHooks(program, [`${'*'.repeat(60)}z${'*a'.repeat(60)}!`])).toThrow('matches no tensor');
  });
});
