import type { Explanation, Index, Layout, Model, Trace } from '../../src/index';
import { FluoroscopeError, layoutIn } from '../../src/viewer';
import { within } from '../shared/selection';
import { readNextTokens } from '../tokens/next-tokens';
import type { Place } from './place';

/** What the model says of it. */
export interface Explained {
  readonly explanation: Explanation | null;
  /** Why there is none. */
  readonly problem: string | null;
  /** All that can be asked for. */
  readonly names: readonly string[];
  /** Of the vocabulary's tokens that it names, by id; a recording of an earlier version has none. */
  readonly texts?: Readonly<Record<number, string>>;
}

export interface ExplainData extends Explained {
  readonly trace: Trace;
  readonly asked: Place;
  /** Of the tensor asked for; null where there is no such tensor. */
  readonly layout: Layout | null;
}

/** What the reader asked for is answered by a sentence beside it; all else is a failure. */
const ASKED_WRONG: readonly string[] = ['tensor-unknown', 'slice-invalid'];

export async function readExplanation(model: Model, trace: Trace, asked: Place): Promise<Explained> {
  const { program } = trace;
  const before = Object.keys(program.tensors).filter((name) => name.includes(':'));
  const names = ['tokens', ...trace.names, ...before, ...model.weightNames];
  try {
    const index = await withFirstChoice(trace, asked, layoutIn(program, asked.tensor) ?? null);
    const explanation = await model.explain(trace, asked.tensor, index);
    return { names, explanation, problem: null, texts: textsOf(explanation, model) };
  } catch (error) {
    if (!(error instanceof FluoroscopeError) || !ASKED_WRONG.includes(error.code)) throw error;
    return { names, explanation: null, problem: error.message };
  }
}

function textsOf(explanation: Explanation, { tokenizer }: Model): Record<number, string> {
  const operands = explanation.kind === 'step' ? explanation.operands : [];
  const ids = [explanation, ...operands].flatMap(({ index: { vocab } }) => vocab ?? []);
  return Object.fromEntries(tokenizer ? ids.map((id) => [id, tokenizer.token(id)]) : []);
}

/** A logit of which the token is not given is that of the model's first choice there. */
async function withFirstChoice(trace: Trace, { tensor, index }: Place, layout: Layout | null): Promise<Index> {
  if (!layout?.axes.includes('vocab') || index.vocab !== undefined) return index;
  if (tensor !== trace.program.output || index.pos === undefined) return { ...index, vocab: 0 };
  const [first] = await readNextTokens(trace, within(index.pos, trace.program.pos), 1);
  return { ...index, vocab: first?.id ?? 0 };
}
