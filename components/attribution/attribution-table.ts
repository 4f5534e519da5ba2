import type { FigureTable } from '../shared/figure-table';
import { formatValue, visibleToken } from '../shared/text';
import type { AttributionData, Bar } from './attribution-data';

/** Each part in the order that is shown, in logits. */
export function attributionTable(data: AttributionData, bars: readonly Bar[]): FigureTable {
  const { labels, pos, token, minus, sum, logit, gap, bound, count } = data;
  const what = minus.id === null ? 'the logit of' : 'the difference of the logits of';
  const tokens = [token, ...(minus.id === null ? [] : [minus])].map(({ text }) => visibleToken(text)).join(' and ');
  return {
    caption: `What wrote ${what} ${tokens} after ${visibleToken(labels[pos]!)} (${pos})`,
    columns: ['part', 'name', 'kind', 'logits'],
    rows: bars.map(({ label, name, kind, value }) => [label, name, kind, value]),
    note:
      `${count} parts sum to ${sum.toFixed(6)}, the pass wrote ${logit.toFixed(6)}: the gap is ${formatValue(gap)}, ` +
      `the float bound ${formatValue(bound)}.`,
    of: { pos },
  };
}
