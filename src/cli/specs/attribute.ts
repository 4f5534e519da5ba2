import { Option } from 'commander';
import type { EditSpec } from '../../edits/spec';
import type { AttributedLogit, LedgerReport } from '../commands/attribute';
import { resolveEdits } from '../edit-values';
import { editOption, numberOption, splitList, tokenOption, usage, wholeOption } from '../options';
import { fixed, heading, percent, short, table } from '../print';
import { spec } from '../spec';
import type { JsonNumber } from '../task';

interface Options {
  readonly edit: readonly EditSpec[];
  readonly token?: number | string;
  readonly minus?: number | string;
  readonly pos: number;
  readonly neurons?: true | 'all' | readonly number[];
  readonly ledger?: true;
  readonly top: number;
}

export const attribute = spec<'attribute', Options>({
  name: 'attribute',
  about: 'direct logit attribution: which components wrote a logit, adding up to it',
  declare: (command) => {
    command
      .addOption(tokenOption('--token <token>', 'the logit to explain, an id or a text (default: the most likely one)'))
      .addOption(tokenOption('--minus <token>', 'explain the difference to this one'))
      .addOption(numberOption('--pos <index>', 'the position', 'a whole number', Number.isInteger).default(-1))
      .addOption(
        new Option(
          '--neurons [layers]',
          'take MLPs neuron by neuron: all of them, or these layers, such as 0,2',
        ).argParser(layers),
      )
      .addOption(wholeOption('--top <count>', 'parts to print, the largest first; JSON has all', 1).default(20))
      .option('--ledger', 'add the residual-stream ledger of the last stream')
      .addOption(editOption());
  },
  request: ({ edit, token = null, minus = null, pos, neurons = [], ledger = false }, { tokens, encode }) => ({
    tokens,
    edits: resolveEdits(edit, encode),
    token,
    minus,
    pos,
    neurons: neurons === true ? 'all' : neurons,
    ledger,
  }),
  passed: ({ ok }) => ok,
  print: (report, { top }) => {
    const { prompts, ledger, pos } = report;
    return [
      `${heading(report)}, attribution at pos ${pos}, in logits`,
      ...prompts.map((prompt, b) => `${prompts.length > 1 ? `prompt ${b}: ` : ''}${describe(prompt, top)}`),
      ...(ledger ? describeLedger(ledger) : []),
    ].join('\n');
  },
});

function layers(text: string): 'all' | number[] {
  if (text === 'all') return text;
  return splitList('--neurons', text).map((item) => {
    if (/^-?\d+$/.test(item)) return Number(item);
    throw usage(
      `--neurons ${JSON.stringify(text)}: ${JSON.stringify(item)} is no layer; expected all, or numbers such as 0,2.`,
    );
  });
}

function describe({ token, text, minus, logit, sum, gap, bound, ok, parts }: AttributedLogit, top: number): string {
  const what = `logit of ${JSON.stringify(text)} (${token})`;
  const largest = [...parts].sort((a, b) => Math.abs(Number(b.value)) - Math.abs(Number(a.value)));
  const rest = largest.slice(top);
  const rows = largest.slice(0, top).map(({ name, value }) => [fixed(value), name]);
  if (rest.length > 0) rows.push([fixed(total(rest)), `${rest.length} further parts`]);
  const verdict = ok ? 'ok, within' : 'FAILED: beyond';
  return [
    `${what}${minus ? ` minus that of ${JSON.stringify(minus.text)} (${minus.token})` : ''}: ${fixed(logit)}`,
    table(rows, [0]),
    `sum of ${parts.length} parts ${fixed(sum, 6)} − logit ${fixed(logit, 6)} = ${short(gap)}; ${verdict} the float bound ${short(bound)}`,
  ].join('\n');
}

const total = (parts: readonly { readonly value: JsonNumber }[]) =>
  parts.reduce((sum, { value }) => sum + Number(value), 0);

function describeLedger({ at, prompts }: LedgerReport): string[] {
  return prompts.map(({ norm, gap, ratio, ok, entries }, b) => {
    const rows = entries.map((entry) => [fixed(entry.norm), percent(entry.share), entry.name]);
    return [
      `ledger of ${at}${prompts.length > 1 ? `, prompt ${b}` : ''}: norm ${fixed(norm)}`,
      table([['norm', 'share', 'part'], ...rows], [0, 1]),
      `largest gap between stream and sum of parts ${short(gap)}, ${fixed(ratio)} of the float bound${ok ? '' : '; FAILED'}`,
    ].join('\n');
  });
}
