import type { Trace } from '../../src/index';
import { type Check, index, list, nullable, number, oneOf, optional, record, text } from '../shared/answers';
import type { AttributionQuestion } from './attribution-data';

const KINDS = ['embed', 'pos_embed', 'head', 'mlp', 'neuron', 'bias', 'edit', 'rest'];

const bar = record({
  name: text,
  kind: oneOf(...KINDS),
  label: text,
  value: number,
  layer: optional(index),
  head: optional(index),
  neuron: optional(index),
});

/** More would take the page minutes to show. */
const MOST = 4096;

const few =
  (check: Check): Check =>
  (value, at) =>
    list(check)(value, at) ?? ((value as unknown[]).length > MOST ? `${at} has more than ${MOST} items` : null);

/** What a recorded attribution at the asked position must hold. */
export function attributionCheck({ program }: Trace, { pos }: AttributionQuestion): Check {
  const check = record({
    labels: list(text, program.pos),
    pos: (value, at) => (value === pos ? null : `${at} is not ${pos}`),
    token: record({ id: index, text, problem: nullable(text) }),
    minus: record({ id: nullable(index), text, problem: nullable(text) }),
    bars: few(bar),
    count: index,
    sum: number,
    logit: number,
    gap: number,
    bound: number,
    mlps: few(index),
    neurons: nullable(index),
    likely: few(record({ id: index, text, probability: number, logit: number })),
  });
  return (value, at) => check(value, at) ?? located((value as { bars: Located[] }).bars, at);
}

interface Located {
  readonly kind: string;
  readonly layer?: number;
  readonly head?: number;
  readonly neuron?: number;
}

/** What a choice of the bar selects must be there. */
function located(bars: readonly Located[], at: string): string | null {
  const needs = { head: ['layer', 'head'], neuron: ['layer', 'neuron'], mlp: ['layer'], rest: ['layer'] } as const;
  for (const [i, bar] of bars.entries()) {
    const members = Object.hasOwn(needs, bar.kind) ? needs[bar.kind as keyof typeof needs] : [];
    const missing = members.find((name) => bar[name as keyof Located] === undefined);
    if (missing) return `${at}.bars[${i}] has no ${missing}`;
  }
  return null;
}
