import { Option } from 'commander';
import type { ReadThrough } from '../../analysis/vocabulary';
import type { HeadCircuit, SingularTokens, TokenRow } from '../commands/circuits';
import { listOption, numberOption, parseToken, usage, wholeOption } from '../options';
import { heading, orDash, percent, significant, table, valued } from '../print';
import { type ReportOf, spec } from '../spec';

/** Composition scores that are listed, those that stand out most first. JSON has all. */
const LISTED = 12;

interface Options {
  readonly head?: { readonly layer: number; readonly head: number };
  readonly layer?: number;
  readonly of?: readonly string[];
  readonly top: number;
  readonly count: number;
  readonly through: ReadThrough;
  readonly samples: number;
  readonly seed: number;
}

export const circuits = spec<'circuits', Options>({
  name: 'circuits',
  about: 'what the weights alone say: copying and composition scores, OV and QK circuits, singular vectors',
  prompt: 'none',
  declare: (command) => {
    command
      .addOption(
        new Option('--head <layer.head>', 'one head in detail, such as 1.0 (default: scores of all heads)').argParser(
          parseHead,
        ),
      )
      .addOption(numberOption('--layer <index>', "one layer's MLP in detail", 'a whole number', Number.isInteger))
      .addOption(
        listOption('--of <tokens>', "rows of the head's OV and QK circuits: ids or texts, separated by commas"),
      )
      .addOption(wholeOption('--top <count>', 'tokens per list', 1).default(8))
      .addOption(wholeOption('--count <count>', 'singular vectors per matrix').default(5))
      .addOption(
        new Option(
          '--through <side>',
          'read singular vectors as what they add to logits, or as what embeddings hold of them',
        )
          .choices(['unembed', 'embed'])
          .default('unembed'),
      )
      .addOption(
        wholeOption('--samples <count>', 'random pairs for the baseline of the composition scores', 2).default(100),
      )
      .addOption(wholeOption('--seed <number>', 'of the random pairs').default(0));
  },
  request: ({ head = null, layer = null, of = [], ...rest }) => {
    if (of.length > 0 && !head) throw usage('--of names rows of one head; add --head LAYER.HEAD.');
    return { head, layer, of: of.map(parseToken), ...rest };
  },
  print: (report) => {
    const { all, head, mlp } = report;
    return [
      heading(report),
      ...(all ? describeAll(all) : []),
      ...(head ? describeHead(head) : []),
      ...(mlp
        ? [...singular(`layer ${mlp.layer} W_in`, mlp.W_in), ...singular(`layer ${mlp.layer} W_out`, mlp.W_out)]
        : []),
    ].join('\n');
  },
});

export function parseHead(text: string): { layer: number; head: number } {
  const found = /^(-?\d+)\.(-?\d+)$/.exec(text.trim());
  if (found) return { layer: Number(found[1]), head: Number(found[2]) };
  throw usage(`--head ${JSON.stringify(text)}: expected LAYER.HEAD, such as 1.0.`);
}

function describeAll({ copying, composition }: NonNullable<ReportOf<'circuits'>['all']>): string[] {
  const { baseline, pairs } = composition;
  const strongest = pairs
    .filter((pair) => pair.deviations !== null)
    .sort((a, b) => b.deviations! - a.deviations!)
    .slice(0, LISTED);
  const rows = strongest.map(({ kind, from, to, score, deviations }) => [
    kind,
    `${from.layer}.${from.head} → ${to.layer}.${to.head}`,
    orDash(score),
    orDash(deviations, 1),
  ]);
  return [
    'copying scores (eigenvalues of the OV circuit, −1 to 1)',
    table([['head', 'score'], ...copying.map(({ layer, head, score }) => [`${layer}.${head}`, orDash(score)])], [1]),
    `composition scores, the ${rows.length} of ${pairs.length} that stand out most; random matrices have ${significant(baseline.mean)} ± ${significant(baseline.deviation)}`,
    table([['kind', 'heads', 'score', 'deviations'], ...rows], [2, 3]),
  ];
}

function describeHead({ layer, head, score, eigenvalues, ov, qk, singular: vectors }: HeadCircuit): string[] {
  const lists = (rows: readonly TokenRow[], does: string) =>
    rows.flatMap(({ text, top, bottom }) => [
      `${JSON.stringify(text)} ${does}: ${valued(top)}`,
      `  least: ${valued(bottom)}`,
    ]);
  return [
    `head ${layer}.${head}: copying score ${orDash(score)}, largest eigenvalues ${eigenvalues.slice(0, 5).map(complex).join(', ')}`,
    ...lists(ov, 'as source raises the logits of'),
    ...lists(qk, 'as query fits the keys'),
    ...singular('OV', vectors.OV),
    ...singular('QK', vectors.QK),
  ];
}

const complex = ({ re, im }: { readonly re: number; readonly im: number }) =>
  im === 0 ? significant(re) : `${significant(re)}${im < 0 ? '−' : '+'}${significant(Math.abs(im))}i`;

function singular(name: string, vectors: readonly SingularTokens[]): string[] {
  return vectors.flatMap(({ value, share, leftTokens, rightTokens }, i) => [
    `${name} singular value ${i}: ${significant(value)}, ${percent(share)} of the squared norm`,
    ...(leftTokens ? [`  reads: ${valued(leftTokens.top)}`, `    against: ${valued(leftTokens.bottom)}`] : []),
    ...(rightTokens
      ? [
          `  ${name === 'QK' ? 'fits' : 'writes'}: ${valued(rightTokens.top)}`,
          `    against: ${valued(rightTokens.bottom)}`,
        ]
      : []),
  ]);
}
