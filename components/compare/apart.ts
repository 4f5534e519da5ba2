/** Comparisons that take more than two traces: the model, for another prompt, or what a recording holds of the other pass. */
import type { Trace } from '../../src/viewer';
import type { Check } from '../shared/answers';
import type { Question } from '../shared/run-context';
import type { PairKind } from './pair';
import { type Chosen, type Compared, readCompared } from './read-compared';
import { readHeld } from './read-held';
import { recordPair } from './record';

/** `right`: a trace, the prompt that the model runs for it, or null where the left one's recording has the answers. */
export interface Apart {
  readonly kind: PairKind;
  readonly left: Trace;
  readonly right: Trace | string | null;
  /** The other prompt, where it is compared with one. */
  readonly otherPrompt: string | null;
}

export type AskFor = <Answer>(question: Question<Answer>, key?: string, check?: Check) => Promise<Answer>;

export function compareApart(pair: Apart, chosen: Chosen, askFor: AskFor, signal: AbortSignal): Promise<Compared> {
  const { left, right } = pair;
  if (right === null) {
    const absent = () => Promise.reject(new Error('The recording does not hold the other pass.'));
    return readHeld(left, { ...chosen, other: otherOf(pair) }, (key, check) => askFor(absent, key, check));
  }
  return withRight(right, askFor, signal, (other, signal) => readCompared(left, other, chosen, signal));
}

/** @param tensors whose maps the trace is to hold; null: those of the one that is shown where none is chosen */
export async function recordApart(
  pair: Apart,
  trace: Trace,
  tensors: readonly (string | null)[],
  text: ((id: number) => string) | null,
  askFor: AskFor,
): Promise<void> {
  const { kind, left, right } = pair;
  if (right === null) return;
  const asked = { kind, other: otherOf(pair), tensors, text };
  await withRight(right, askFor, new AbortController().signal, (other, signal) =>
    recordPair(trace, [left, other], asked, signal),
  );
}

/** null: it is compared with its own prompt. */
function otherOf({ kind, otherPrompt }: Apart): string | null {
  return kind === 'prompt' ? otherPrompt : null;
}

async function withRight<T>(
  right: Trace | string,
  askFor: AskFor,
  signal: AbortSignal,
  use: (right: Trace, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (typeof right !== 'string') return use(right, signal);
  return askFor(async (model, _, { signal }) => {
    const other = await model.run(right);
    try {
      return await use(other, signal);
    } finally {
      other.dispose();
    }
  });
}
