import type { Trace } from '../../../src/index';
import type { FigureTable } from '../figure-table';
import type { FigureSubject } from './figure-file';

/** A table with all that says what it is of: model, weights, prompt, edits, tensors with their axes. */
export function json(table: FigureTable, { component, trace }: FigureSubject): string {
  const { caption, columns, rows, note, tensors = [], of = {} } = table;
  const content = {
    component,
    caption,
    ...(trace && about(trace, tensors)),
    of,
    ...(note && { note }),
    columns,
    rows: rows.map((row) => row.map(jsonValue)),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

function about(trace: Trace, tensors: readonly string[]) {
  const { info, kind, tokens, labels, edits, names } = trace;
  return {
    model: info.model,
    weightsHash: info.weightsHash,
    adapter: info.adapter,
    ...(info.rounded !== undefined && { rounded: info.rounded }),
    kind,
    tokens,
    labels,
    edits,
    tensors: tensors
      .filter((name) => names.includes(name))
      .map((name) => {
        const { axes, shape, derived } = trace.layout(name);
        return { name, axes, shape, derived };
      }),
  };
}

/** JSON has no number for these. */
function jsonValue(value: string | number): string | number {
  return typeof value === 'string' || Number.isFinite(value) ? value : String(value);
}
