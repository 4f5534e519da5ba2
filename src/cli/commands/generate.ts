import { editsFor } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import type { Finish, GeneratedToken, NamedCandidate } from '../../generate/generate';
import type { GenerateOptions } from '../../generate/options';
import { loadModel } from '../../load-model';
import type { Model } from '../../loaded-model';
import type { Precision } from '../../model/weight-table';
import type { Edit } from '../../program/edits';
import { textAnswers } from '../../trace/text-answers';
import type { RunInfo, Trace } from '../../trace/trace';
import { writeTrace } from '../../trace/write';
import type { Task } from '../task';

type Asked =
  | 'temperature'
  | 'topK'
  | 'topP'
  | 'seed'
  | 'stop'
  | 'pastContext'
  | 'pastEndOfText'
  | 'cache'
  | 'candidates';

export interface GenerateRequest extends Required<Pick<GenerateOptions, Asked>> {
  readonly precision?: Precision;
  /** The prompt's; may be longer than the context where that slides. */
  readonly tokens: readonly (readonly number[])[];
  /** The most tokens to generate. */
  readonly count: number;
  readonly edits: readonly EditSpec[];
  /** Whether the last pass is wanted as a trace file. */
  readonly file: boolean;
}

/** What is said of each token as it comes. */
export interface SaidToken extends NamedCandidate {
  readonly index: number;
  readonly added: string;
  /** Of how many tokens it was drawn. */
  readonly count: number;
  readonly candidates: readonly NamedCandidate[];
  /** Positions that its pass has read, of them taken over from the pass before, and oldest tokens left out. */
  readonly pos: number;
  readonly reused: number;
  readonly dropped: number;
  readonly finish: Finish | null;
}

export interface GenerateReport extends RunInfo {
  /** The prompt's. */
  readonly tokens: readonly (readonly number[])[];
  readonly generated: readonly number[];
  readonly text: string;
  readonly asked: number;
  /** null where it was cancelled. */
  readonly finish: Finish | null;
  /** The most of the oldest tokens that a pass has left out. */
  readonly dropped: number;
}

/** Says each token as it comes, until it is told to end. The file is the trace of the last pass. */
export const generate: Task<GenerateRequest, GenerateReport> = async ({ device, files, request, ask, signal }) => {
  const { tokens, count, precision, edits, file: wanted, ...options } = request;
  const model = await loadModel(files, { device, ...(precision && { precision }) });
  const said: SaidToken[] = [];
  let file: Uint8Array<ArrayBuffer> | undefined;
  const editing = (ids: Trace['tokens']) => editsFor(model, ids, edits);
  for await (const token of model.generate(tokens, { ...options, tokens: count, edits: editing })) {
    said.push(saidOf(token));
    const goesOn = (await ask(said.at(-1))) !== null && !signal.aborted;
    if (goesOn && token.finish === null) continue;
    if (wanted) file = await lastPass(model, token.trace.tokens, await editing(token.trace.tokens));
    break;
  }
  const result: GenerateReport = {
    ...model.info,
    tokens,
    generated: said.map(({ id }) => id),
    text: said.map(({ added }) => added).join(''),
    asked: count,
    finish: said.at(-1)?.finish ?? null,
    dropped: Math.max(0, ...said.map(({ dropped }) => dropped)),
  };
  model.dispose();
  return { result, ...(file && { file }) };
};

function saidOf({ trace, keep: _, ...token }: GeneratedToken): SaidToken {
  return { ...token, pos: trace.program.pos, reused: trace.reused ?? 0 };
}

/** As `fluoroscope trace` would write it: the pass once more, whole, with equal bits. */
async function lastPass(
  model: Model,
  tokens: Trace['tokens'],
  edits: readonly Edit[],
): Promise<Uint8Array<ArrayBuffer>> {
  const trace = await model.run(tokens, { edits });
  const hooks = trace.names.filter((name) => !trace.layout(name).derived);
  return writeTrace(trace, { hooks, answers: await textAnswers(trace, model.tokenizer) });
}
