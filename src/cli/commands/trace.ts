import { logSoftmax } from '../../analysis/log-softmax';
import { describeEffect, type Receipt, receipts } from '../../analysis/receipts';
import { makeEdits } from '../../edits/make';
import type { EditSpec } from '../../edits/spec';
import { loadModel } from '../../load-model';
import type { Model } from '../../loaded-model';
import type { Precision } from '../../model/weight-table';
import type { Axis } from '../../tensor/layout';
import { textAnswers } from '../../trace/text-answers';
import type { RunInfo, Trace } from '../../trace/trace';
import { writeTrace } from '../../trace/write';
import { matchHooks } from '../hooks';
import { type JsonNumber, jsonNumber, type Task } from '../task';

/** Most likely next tokens that are listed. */
const TOP = 5;

export interface TraceRequest {
  readonly precision?: Precision;
  readonly tokens: readonly (readonly number[])[];
  /** Globs of hook names; null: all that are not derived. */
  readonly hooks: readonly string[] | null;
  readonly edits: readonly EditSpec[];
}

export interface NextToken {
  readonly token: number;
  readonly text: string;
  readonly logit: JsonNumber;
  /** Softmax of the last position's logits. */
  readonly probability: JsonNumber;
}

export interface TraceReport extends RunInfo {
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  /** Number of steps that ran. */
  readonly steps: number;
  /** What each edit did, in the order given. */
  readonly edits: readonly (Omit<Receipt, 'edit'> & {
    readonly spec: string;
    /** The receipt in words. */
    readonly says: string;
  })[];
  /** What the file holds, in the order of computation. */
  readonly tensors: readonly {
    readonly name: string;
    readonly axes: readonly Axis[];
    readonly shape: readonly number[];
    readonly derived: boolean;
  }[];
  /** Most likely first, per batch entry. */
  readonly next: readonly (readonly NextToken[])[];
}

/** Runs a prompt and writes what the pass held as a trace file. */
export const trace: Task<TraceRequest, TraceReport> = async ({ device, files, request, report }) => {
  const { tokens, hooks, precision, edits: specs } = request;
  const model = await loadModel(files, { device, ...(precision && { precision }) });
  const retain = specs.length > 0 ? 'all' : matchHooks(model.program(tokens.length, tokens[0]!.length), hooks);
  report('running the forward pass');
  const clean = await model.run(tokens, { retain });
  const edited =
    specs.length > 0 ? await model.run(tokens, { retain, edits: await makeEdits(model, clean, specs) }) : clean;
  const { program, info, labels } = edited;
  const names = matchHooks(program, hooks);
  const edits = (await receipts(edited, clean)).map((receipt, i) => said(specs[i]!.text, receipt));
  const next = await nextTokens(edited, model);
  report(`reading ${names.length} tensors`);
  const answers = await textAnswers(edited, model.tokenizer, names.includes(program.output));
  const effects = edits.map(({ says }) => says);
  if (effects.length > 0) answers.set('effects?', effects); // <fluoro-model> shows them beside the edits.
  const file = await writeTrace(edited, { hooks: names, answers });
  const tensors = names.map((name) => ({ name, ...edited.layout(name) }));
  for (const trace of [clean, edited]) trace.dispose();
  model.dispose();
  return { result: { ...info, tokens, labels, steps: program.steps.length, edits, tensors, next }, file };
};

function said(spec: string, receipt: Receipt): TraceReport['edits'][number] {
  const { edit: _, ...counts } = receipt;
  return { spec, ...counts, says: describeEffect(receipt) };
}

async function nextTokens(trace: Trace, { tokenizer }: Model): Promise<NextToken[][]> {
  const { shape, data } = await trace.read(trace.program.output, { pos: -1 });
  const size = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, b) => {
    const logits = data.subarray(b * size, (b + 1) * size);
    const log = logSoftmax(logits);
    const best = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, TOP);
    return best.map((token) => ({
      token,
      text: tokenizer?.token(token) ?? String(token),
      logit: jsonNumber(logits[token]!),
      probability: jsonNumber(Math.exp(log[token]!)),
    }));
  });
}
