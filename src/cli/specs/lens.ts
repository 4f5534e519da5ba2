import type { EditSpec } from '../../edits/spec';
import { resolveEdits } from '../edit-values';
import { editOption, listOption, numberOption, tokenOption, wholeOption } from '../options';
import { fixed, heading, likely, percent, table } from '../print';
import { spec } from '../spec';

interface Options {
  readonly edit: readonly EditSpec[];
  readonly at?: readonly string[];
  readonly pos?: number;
  readonly token?: number | string;
  readonly frozen?: true;
  readonly top: number;
}

export const lens = spec<'lens', Options>({
  name: 'lens',
  about: 'logit lens: what the model would answer from each residual stream',
  declare: (command) => {
    command
      .addOption(listOption('--at <names>', 'streams to read, separated by commas (default: all residual streams)'))
      .addOption(
        numberOption(
          '--pos <index>',
          'one position, -1 is the last (default: all)',
          'a whole number',
          Number.isInteger,
        ),
      )
      .addOption(
        tokenOption('--token <token>', "the token to follow, an id or a text (default: each position's next one)"),
      )
      .option('--frozen', "divide by the last stream's layernorm scale instead of each stream's own")
      .addOption(wholeOption('--top <count>', 'most likely tokens per row', 1).default(5))
      .addOption(editOption());
  },
  request: ({ edit, at = null, pos = null, token = null, frozen = false, top }, { tokens, encode }) => ({
    tokens,
    edits: resolveEdits(edit, encode),
    at,
    pos,
    token,
    frozen,
    top,
  }),
  print: (report) => {
    const { labels, points, frozen } = report;
    const head = [
      'pos',
      'token',
      'stream',
      'follows',
      'rank',
      'probability',
      'entropy',
      'KL to the end',
      'most likely',
    ];
    const rows = labels.flatMap((row, batch) =>
      row.flatMap((label, pos) =>
        points.flatMap(({ at, rows }) =>
          rows
            .filter((point) => point.batch === batch && point.pos === pos)
            .map(({ followed, entropy, kl, top }) => [
              labels.length > 1 ? `${batch}:${pos}` : String(pos),
              JSON.stringify(label),
              at,
              followed ? JSON.stringify(followed.text) : '–',
              followed ? String(followed.rank) : '–',
              followed ? percent(followed.probability) : '–',
              fixed(entropy),
              fixed(kl),
              likely(top),
            ]),
        ),
      ),
    );
    const scale = frozen ? "the last stream's layernorm scale (frozen)" : "each stream's own layernorm scale";
    return [
      heading(report),
      `logit lens (derived: the pass never held these) through ${scale}; entropy and KL in nats`,
      table([head, ...rows], [0, 4, 5, 6, 7]),
    ].join('\n');
  },
});
