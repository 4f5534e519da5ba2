import type { ForwardProgram, StepRow } from '../../src/index';
import { describeLayout } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';

/** The steps, a row each. */
export function stepTable({ steps, tensors }: ForwardProgram, rows: readonly StepRow[]): FigureTable {
  const named = (names: Readonly<Record<string, string>>) =>
    Object.values(names)
      .map((name) => `${name} ${describeLayout(tensors[name]!)}`)
      .join('; ');
  return {
    caption: 'Steps of the forward pass',
    columns: ['step', 'kernel', 'shader', 'bytes', 'writes', 'reads', 'about'],
    rows: rows.map(({ index, kernel, bytes, about }) => {
      const { variant, outputs, inputs } = steps[index]!;
      return [index, kernel, variant ?? kernel, bytes, named(outputs), named(inputs), about];
    }),
  };
}
