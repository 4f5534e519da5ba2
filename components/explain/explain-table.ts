import type { ExplainedOperand, Explanation } from '../../src/index';
import { largestFirst } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';

/** All operands of a number, with the addend of its sum that each is a factor of. */
export function explainTable(
  explanation: Explanation,
  place: (at: Pick<ExplainedOperand, 'tensor' | 'index'>) => string,
): FigureTable {
  const { tensor, value } = explanation;
  const caption = `${tensor} ${place(explanation)} = ${value}`;
  if (explanation.kind !== 'step') return { caption, columns: ['tensor', 'value'], rows: [[tensor, value]] };
  const addends = explanation.addends ?? [];
  const summed = new Set(addends.flatMap((addend) => addend.operands));
  const others = largestFirst(explanation.operands.filter((operand) => !summed.has(operand)));
  const row = (operand: ExplainedOperand, i: number | string, addend: number | string, running: number | string) => {
    return [i, operand.tensor, place(operand), operand.value, addend, running];
  };
  return {
    caption,
    columns: ['addend', 'operand', 'at', 'value', 'addend’s value', 'running sum'],
    rows: [
      ...addends.flatMap(({ operands, value, running }, i) => operands.map((one) => row(one, i, value, running))),
      ...others.map((one) => row(one, 'none', '', '')),
    ],
    note: `${explanation.formula.symbolic}. Addends with the largest magnitude come first.`,
    tensors: [tensor],
  };
}
