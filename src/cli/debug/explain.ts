/** `explain NAME[INDEX]`: how one number of the pass came about. */
import { describeExplanation } from '../../debug/describe-explanation';
import { layoutIn } from '../../debug/spots';
import type { SpecIndex } from '../../edits/spec';
import { FluoroscopeError } from '../../errors';
import type { Model } from '../../loaded-model';
import { describeLayout, type Index, type Layout } from '../../tensor/layout';
import { select } from '../../tensor/slice';
import type { Trace } from '../../trace/trace';

export interface ExplainNote {
  /** Several lines for people. */
  readonly says: string;
  /** The explanation as JSON can hold it. */
  readonly explanation: unknown;
}

/** @throws `slice-invalid` where the index does not name one element; as `model.explain` */
export async function explainElement(
  model: Pick<Model, 'explain'>,
  trace: Trace,
  tensor: string,
  given: readonly SpecIndex[],
): Promise<ExplainNote> {
  const layout = layoutIn(trace.program, tensor);
  const explanation = await model.explain(trace, tensor, layout ? elementAt(tensor, layout, given) : {});
  return { says: describeExplanation(explanation), explanation: jsonOf(explanation) };
}

/** One index per axis; an axis of size 1 may be left out, and −1 is the last. */
export function elementAt(tensor: string, layout: Layout, given: readonly SpecIndex[]): Index {
  const index: Record<string, number> = {};
  for (const [i, axis] of layout.axes.entries()) {
    const spec = given.find((spec) => spec.axis === axis)?.index ?? (layout.shape[i] === 1 ? 0 : undefined);
    if (typeof spec !== 'number') {
      throw new FluoroscopeError(
        'slice-invalid',
        `explain takes one element: ${tensor} is ${describeLayout(layout)}, and ${axis} is ${spec ? 'a range' : 'not given'}. Write ${axis}=0 or another index.`,
      );
    }
    index[axis] = spec < 0 ? spec + layout.shape[i]! : spec;
  }
  select(tensor, layout, Object.fromEntries(given.map(({ axis, index }) => [axis, index as number])));
  return index;
}

/** The same with NaN and infinities as text. */
function jsonOf(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (typeof part === 'number' && !Number.isFinite(part) ? String(part) : part)),
  );
}
