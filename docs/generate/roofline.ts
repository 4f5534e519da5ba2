/** Part of docs/reference/speed.md: how near the kernels come to what a GPU can do, from runs of `npm run bench:roofline` that are kept. */
import measured from '../../bench/roofline/measured.json' with { type: 'json' };
import type { RooflineReport } from '../../bench/roofline/report';
import { AIMS, tablesOf } from '../../bench/roofline/tables';
import { tableText } from './markdown';

export type RooflineRun = RooflineReport & { readonly date: string; readonly runtime: string };

const percent = (share: number) => `${100 * share} %`;

/** What is asked for, where nothing was measured. */
const ASKED = [
  ['product 2048×2048×2048', `at least ${percent(AIMS.product)} of multiply-adds alone`],
  ['product 4096×4096×4096', `at least ${percent(AIMS.product)} of multiply-adds alone`],
  ['a row times a matrix', `at least ${percent(AIMS.vector)} of the copy`],
  ...[1, 64, 1024].map((tokens) => [
    `gpt2, ${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    'ms, and as a multiple of the roofline',
  ]),
];

export function rooflinePart(runs: readonly RooflineRun[] = measured as RooflineRun[]): string {
  const about = `## Near the roofline

\`npm run bench:roofline\` measures what a GPU can do, by a copy from buffer to buffer, by multiply-adds alone and by the fastest
product that any variant computes, and in the same run products, a row times a matrix and whole passes as shares of it. The roofline
of a pass is the sum over its dispatches of the longer of arithmetic and traffic, each operand read once, of a table the rows that
are taken, and all values written; masked scores count as operations.
\`--backend dawn\` runs it without a browser.`;
  if (runs.length === 0) {
    const rows = ASKED.map(([what, aim]) => [what!, aim!, 'not measured']);
    return `${about} So far it has run on CPUs only (llvmpipe), where its shares say nothing about GPUs:

${tableText({ head: ['', 'aim', 'on a GPU in hardware'], rows })}`;
  }
  const parts = runs.flatMap(({ date, adapter, runtime, ...report }) => [
    `### ${adapter}, ${runtime}, on ${date}`,
    ...tablesOf({ adapter, ...report }).map(({ title, head, rows }) => `${title}:\n\n${tableText({ head, rows })}`),
  ]);
  return [about, ...parts].join('\n\n');
}
