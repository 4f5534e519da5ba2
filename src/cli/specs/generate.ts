import { Option } from 'commander';
import type { EditSpec } from '../../edits/spec';
import type { Finish } from '../../generate/generate';
import { onePrompt, settingsOf } from '../../generate/options';
import type { Precision } from '../../model/weight-table';
import type { SaidToken } from '../commands/generate';
import { resolveEdits } from '../edit-values';
import { editOption, numberOption, outOption, parseToken, precisionOption, wholeOption } from '../options';
import { count as counted, heading } from '../print';
import { spec } from '../spec';

interface Options {
  readonly precision: Precision;
  readonly count: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP: number;
  readonly seed: number;
  readonly stop: readonly (number | string)[];
  readonly pastContext: 'refuse' | 'slide';
  readonly pastEndOfText: boolean;
  readonly candidates: number;
  readonly cache: boolean;
  readonly edit: readonly EditSpec[];
}

const ENDS: Readonly<Record<Finish, string>> = {
  tokens: 'as many as were asked for',
  stop: 'what --stop names',
  'end-of-text': "the model's end of text: --past-end-of-text goes on",
  context: 'the context is full: --past-context slide goes on without the oldest tokens',
};

export const generate = spec<'generate', Options>({
  name: 'generate',
  about: 'writes on from a prompt, token by token as they come; what else is to be said goes to stderr',
  declare: (command) => {
    command
      .addOption(wholeOption('--count <tokens>', 'the most tokens to generate', 1).default(64))
      .addOption(
        numberOption(
          '--temperature <number>',
          'logits are divided by it; 0 takes the likeliest token each time, of equal ones the lower id',
          'a number from 0 on',
          (value) => value >= 0,
        ).default(0),
      )
      .addOption(wholeOption('--top-k <count>', 'draw from so many tokens with the largest logits (default: all)', 1))
      .addOption(
        numberOption(
          '--top-p <share>',
          'of these, from the fewest of the likeliest that have this share of the probability',
          'a number above 0, at most 1',
          (value) => value > 0 && value <= 1,
        ).default(1),
      )
      .addOption(
        numberOption(
          '--seed <number>',
          'the same seed draws the same tokens',
          'a whole number from 0 to 4294967295',
          (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
        ).default(0),
      )
      .addOption(
        new Option('--stop <token>', 'end at this token, an id, or once the text holds this text; repeatable')
          .argParser((text, given: readonly (number | string)[]) => [...given, parseToken(text)])
          .default([], 'none'),
      )
      .addOption(
        new Option('--past-context <how>', 'when the context is full: end, or drop the oldest tokens and say so')
          .choices(['refuse', 'slide'])
          .default('refuse'),
      )
      .addOption(new Option('--past-end-of-text', 'go on where the model ends the text').default(false))
      .addOption(wholeOption('--candidates <count>', 'of the likeliest tokens, with --json').default(5))
      .option('--no-cache', 'compute every position in every pass; the text is the same')
      .addOption(editOption())
      .addOption(precisionOption())
      .addOption(outOption('a trace file of the last pass'));
  },
  request: (options, { tokens, config, tokenizer, encode, files }, out) => {
    const { precision, count, edit, topK = null, temperature, topP, seed, stop, candidates, cache } = options;
    const { pastContext, pastEndOfText } = options;
    const asked = { temperature, topK, topP, seed, stop, pastContext, pastEndOfText, candidates, cache };
    settingsOf({ name: files.name, config, tokenizer }, { ...asked, tokens: count });
    onePrompt(tokens);
    return { ...asked, precision, count, tokens, edits: resolveEdits(edit, encode), file: out !== null };
  },
  cuts: ({ pastContext }) => pastContext === 'slide',
  streams: true,
  converse: (_, __, { json }) => ({
    ask: async (said) => {
      const token = said as SaidToken;
      process.stdout.write(json ? `${JSON.stringify(token)}\n` : token.added);
      return true;
    },
    close: () => undefined,
  }),
  partial: ({ finish, generated, asked }) =>
    finish === null ? `${generated.length} of ${asked} tokens were generated` : null,
  print: (report) => {
    const { tokens, generated, finish, dropped, out, bytes } = report;
    const end = finish === null ? '' : `; ended: ${ENDS[finish]}`;
    return [
      `${heading(report)}: ${tokens[0]!.length} tokens and ${generated.length} more${end}`,
      ...(dropped > 0 ? [`the context was full: the last pass left out the ${dropped} oldest tokens`] : []),
      ...(out === undefined ? [] : [`the last pass, ${counted(bytes!)} bytes, in ${out}`]),
    ].join('\n');
  },
});
