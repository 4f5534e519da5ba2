import type { HeadScore } from '../../analysis/head-scores';
import type { EditSpec } from '../../edits/spec';
import { resolveEdits } from '../edit-values';
import { editOption, prefixOption, wholeOption } from '../options';
import { heading, orDash, table } from '../print';
import { spec } from '../spec';

interface Options {
  readonly edit: readonly EditSpec[];
  readonly batch: number;
  readonly length?: number;
  readonly seed: number;
  readonly prefix: readonly number[];
}

/** The random prompts' options say nothing of a given one. */
const PROMPTS = ['prompt', 'tokens'];

const COLUMNS = [
  ['previousToken', 'previous token'],
  ['duplicateToken', 'duplicate token'],
  ['induction', 'induction'],
  ['currentToken', 'current token'],
  ['beginningOfText', 'beginning of text'],
  ['entropy', 'entropy'],
] as const satisfies readonly (readonly [keyof HeadScore, string])[];

export const heads = spec<'heads', Options>({
  name: 'heads',
  about: 'head scores: where each head attends, on a prompt or on random tokens repeated once',
  prompt: 'optional',
  declare: (command) => {
    command
      .addOption(wholeOption('--batch <count>', 'random prompts', 1).default(4).conflicts(PROMPTS))
      .addOption(
        wholeOption(
          '--length <tokens>',
          'of the random part before it repeats (default: 24 or what fits)',
          1,
        ).conflicts(PROMPTS),
      )
      .addOption(wholeOption('--seed <number>', 'of the random tokens').default(0).conflicts(PROMPTS))
      .addOption(prefixOption().conflicts(PROMPTS))
      .addOption(editOption());
  },
  request: ({ edit, batch, length = null, seed, prefix }, { tokens, encode }) => ({
    tokens: tokens.length > 0 ? tokens : null,
    edits: resolveEdits(edit, encode),
    random: { batch, length, seed, prefix },
  }),
  print: (report) => {
    const { heads, random } = report;
    const rows = heads.map((score) => [`${score.layer}.${score.head}`, ...COLUMNS.map(([key]) => orDash(score[key]))]);
    return [
      `${heading(report)}${random ? ', random tokens repeated' : ''}`,
      table([['head', ...COLUMNS.map(([, name]) => name)], ...rows], [1, 2, 3, 4, 5, 6]),
      ...COLUMNS.filter(([key]) => key !== 'entropy').map(([key, name]) => `most ${name}: ${best(heads, key)}`),
      'mean attention (0 to 1) over the queries to which a score applies, entropy in nats',
    ].join('\n');
  },
});

function best(heads: readonly HeadScore[], key: (typeof COLUMNS)[number][0]): string {
  const scored = heads.filter((score) => score[key] !== null).sort((a, b) => b[key]! - a[key]!);
  const list = scored.slice(0, 3).map((score) => `${score.layer}.${score.head} ${orDash(score[key])}`);
  return list.join(', ') || 'none applies';
}
