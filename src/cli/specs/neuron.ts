import type { Example } from '../commands/neuron';
import { numberOption, prefixOption, usage, wholeOption } from '../options';
import { count, fixed, heading, percent, significant, table, valued } from '../print';
import { spec } from '../spec';
import { tokensOfFile } from '../text-file';

interface Options {
  readonly layer: number;
  readonly neuron: number;
  readonly top: number;
  readonly text?: string;
  readonly window?: number;
  readonly prefix: readonly number[];
}

const BAR = 40; // characters of the longest bar

export const neuron = spec<'neuron', Options>({
  name: 'neuron',
  about: 'what a neuron reads and writes and, over a text, where it fires',
  prompt: 'none',
  declare: (command) => {
    command
      .addOption(numberOption('--layer <index>', 'the layer', 'a whole number', Number.isInteger).makeOptionMandatory())
      .addOption(
        numberOption('--neuron <index>', 'the neuron', 'a whole number', Number.isInteger).makeOptionMandatory(),
      )
      .addOption(wholeOption('--top <count>', 'tokens per list, and examples', 1).default(10))
      .option('--text <file>', 'a text to find examples in')
      .addOption(
        wholeOption('--window <tokens>', 'of the text run as one prompt (default: 128 or what the context holds)', 1),
      )
      .addOption(prefixOption());
  },
  request: ({ text, window = null, prefix, ...rest }, model) => {
    if (text === undefined && (window !== null || prefix.length > 0)) {
      throw usage('--window and --prefix say how a text is scanned; add --text FILE.');
    }
    return { ...rest, prefix, window, tokens: text === undefined ? null : tokensOfFile(text, model) };
  },
  print: (report) => {
    const { layer, neuron, bias, reads, writes, scan } = report;
    const lines = [
      heading(report),
      `blocks.${layer}.mlp neuron ${neuron}, bias ${fixed(bias)}`,
      `excited by:  ${valued(reads.top)}`,
      `inhibited by: ${valued(reads.bottom)}`,
      `raises: ${valued(writes.top)}`,
      `lowers: ${valued(writes.bottom)}`,
    ];
    if (!scan) return lines.join('\n');
    const most = Math.max(...scan.histogram.map((bin) => bin.count));
    const bars = scan.histogram.map(({ from, to, count: found }) => [
      `${significant(from)} to ${significant(to)}`,
      count(found),
      '█'.repeat(Math.ceil((BAR * found) / most)),
    ]);
    return [
      ...lines,
      `over ${count(scan.tokens)} tokens: mean ${fixed(scan.mean)}, deviation ${fixed(scan.deviation)}, above zero ${percent(scan.active)}`,
      table(bars, [0, 1]),
      table(scan.examples.map(exampleRow), [0, 1]),
    ].join('\n');
  },
});

/** Value, place in the text, and the token between guillemets in its context. */
export function exampleRow({ value, at, before, token, after }: Example): string[] {
  return [fixed(value), `token ${at}`, JSON.stringify(`${before}«${token}»${after}`)];
}
