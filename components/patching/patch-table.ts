import { bothTokens } from '../shared/both-tokens';
import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import type { PatchedPrompts } from './patched';
import type { Row } from './result';

/** Each patch: where it was, the metric's value, and the part of the difference that it restores. */
export function patchTable(result: PatchedPrompts, rows: readonly Row[]): FigureTable {
  const { cleanLabels, corruptedLabels, request, restored, values, metricName, total, done } = result;
  const perHead = rows[0]?.head !== null;
  return {
    caption: `What each patch of ${request.at} restores of the ${metricName}`,
    columns: ['layer', ...(perHead ? ['head'] : []), 'token', 'pos', 'restored', metricName],
    rows: rows.flatMap(({ layer, head }, r) =>
      cleanLabels.flatMap((label, pos) => {
        const i = r * cleanLabels.length + pos;
        if (Number.isNaN(restored[i]!)) return [];
        const place = [layer, ...(head === null ? [] : [head]), bothTokens(label, corruptedLabels[pos]!), pos];
        return [[...place, restored[i]!, values[i]!]];
      }),
    ),
    note:
      `1 is the value of ${cleanLabels.map(visibleToken).join('')}, 0 that of ${corruptedLabels.map(visibleToken).join('')}.` +
      (done < total ? ` ${total - done} of ${total} patches were not run and are left out.` : ''),
  };
}
