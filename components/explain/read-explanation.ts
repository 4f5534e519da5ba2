import type { Axis, Explanation, Index, Layout, Model, Trace } from '../../src/index';
import { FluoroscopeError, layoutIn } from '../../src/viewer';
import { type Selection, within } from '../shared/selection';
import { readNextTokens } from '../tokens/next-tokens';

/** One number of one tensor. */
export interface Place {
  readonly tensor: string;
  /** Axes that are missing are chosen. */
  readonly index: Index;
}

export interface ExplainData {
  readonly trace: Trace;
  readonly asked: Place;
  readonly explanation: Explanation | null;
  /** Why there is none. */
  readonly problem: string | null;
  /** Of the tensor asked for; null where there is no such tensor. */
  readonly layout: Layout | null;
  /** All that can be asked for. */
  readonly names: readonly string[];
}

/** What the reader asked for is answered by a sentence beside it; all else is a failure. */
const ASKED_WRONG: readonly string[] = ['tensor-unknown', 'slice-invalid'];

export async function readExplanation(model: Model, trace: Trace, asked: Place): Promise<ExplainData> {
  const { program } = trace;
  const layout = layoutIn(program, asked.tensor) ?? null;
  const before = Object.keys(program.tensors).filter((name) => name.includes(':'));
  const names = ['tokens', ...trace.names, ...before, ...model.weightNames];
  const data = { trace, asked, layout, names };
  try {
    const index = await withFirstChoice(trace, asked, layout);
    return { ...data, explanation: await model.explain(trace, asked.tensor, index), problem: null };
  } catch (error) {
    if (!(error instanceof FluoroscopeError) || !ASKED_WRONG.includes(error.code)) throw error;
    return { ...data, explanation: null, problem: error.message };
  }
}

/** A logit of which the token is not given is that of the model's first choice there. */
async function withFirstChoice(trace: Trace, { tensor, index }: Place, layout: Layout | null): Promise<Index> {
  if (!layout?.axes.includes('vocab') || index.vocab !== undefined) return index;
  if (tensor !== trace.program.output || index.pos === undefined) return { ...index, vocab: 0 };
  const [first] = await readNextTokens(trace, within(index.pos, trace.program.pos), 1);
  return { ...index, vocab: first!.id };
}

/** The index that a selection points at along the axes of a tensor; what it says nothing about is the first. */
export function selectedIndex(layout: Layout, { pos, head, neuron, query, key }: Selection): Index {
  const chosen: Partial<Record<Axis, number>> = { pos, query, key: key ?? query, head, neuron: neuron ?? 0 };
  const along = layout.axes.flatMap((axis, i): [Axis, number][] =>
    axis === 'vocab' ? [] : [[axis, within(chosen[axis] ?? 0, layout.shape[i]!)]],
  );
  return Object.fromEntries(along);
}

/**
 * An index as an attribute holds it: `pos 3, head 1`; `=` and `:` may stand for the spaces.
 *
 * @throws `slice-invalid` naming the piece that is none
 */
export function parseIndex(text: string): Index {
  const pieces = text.split(',').filter((piece) => piece.trim() !== '');
  const entries = pieces.map((piece) => {
    const match = /^\s*([a-z]+)\s*[\s=:]\s*(-?\d+)\s*$/.exec(piece);
    if (match) return [match[1], Number(match[2])] as const;
    throw new FluoroscopeError(
      'slice-invalid',
      `"${piece.trim()}" is no index: write an axis and a number for each, such as pos 3, head 1.`,
    );
  });
  return Object.fromEntries(entries);
}
