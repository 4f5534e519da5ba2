import { Option } from 'commander';
import type { EditSpec } from '../../edits/spec';
import { parseScript, scripted, typed } from '../debug/conversation';
import { resolveEdits } from '../edit-values';
import { editOption, usage } from '../options';
import { spec } from '../spec';
import { readText } from '../text-file';

interface Options {
  readonly script?: string;
  readonly edit: readonly EditSpec[];
}

export const debug = spec<'debug', Options>({
  name: 'debug',
  about: 'steps through a forward pass: break, step, print, edit, check, watch',
  declare: (command) => {
    command
      .addOption(new Option('--script <file>', 'commands, one a line, instead of those that you type; help lists them'))
      .addOption(editOption());
  },
  request: ({ edit }, { tokens, encode }) => ({ tokens, edits: resolveEdits(edit, encode) }),
  converse: ({ script }, model, { json }) => {
    if (script !== undefined) return scripted(parseScript(readText(script), script, model), json);
    if (json && process.stdin.isTTY) throw usage('--json prints at the end: add --script FILE, or pipe commands in.');
    return typed(model, json);
  },
  passed: ({ ok }) => ok,
  print: ({ ok, at, steps, replies }) => {
    const checks = replies.filter(({ kind }) => kind === 'check').length;
    const where = at === steps ? 'at the end' : `before step ${at} of ${steps}`;
    const held = checks === 1 ? '1 check' : `${checks} checks`;
    return ok ? `ended ${where}; ${held} held` : `FAILED: ended ${where}; a check missed or a watch found something`;
  },
});
