/** Apart from reading: a page that shows a recording writes none. */
import { FluoroscopeError } from '../errors';
import type { EditNote } from '../program/edits';
import { sizeOf } from '../tensor/layout';
import { MASKED } from '../tensor/masked';
import { writeSafetensors } from '../tensor/safetensors-write';
import type { Answers } from './answers';
import { TRACE_FORMAT } from './format';
import { misnamed } from './named-axes';
import type { Trace, TraceTensor } from './trace';
import { writeAnswers } from './write-answers';

/** Tensors are read together up to this many bytes, which pass through one buffer. */
const READ_BYTES = 2 ** 26;

/** What any pass can go on to, whatever it was for: it is computed when it is read. */
const LOGITS = 'unembed.hook_out';

export interface WriteOptions {
  /** Names of the tensors to write: all that can be read without the derived ones, unless given. */
  readonly hooks?: readonly string[];
  /**
   * Answers of the model to what its tensors alone cannot tell, by the question's key, as plain JSON (with NaN,
   * infinities and −0): those of the trace unless given.
   */
  readonly answers?: Answers;
}

/**
 * Writes a trace as a `.safetensors` file that NumPy's and PyTorch's stock loaders read: one F32 tensor per name, I32
 * `tokens` [batch, pos], and in `__metadata__` the format, the model with its SHA-256, the adapter, the tokens'
 * text, the edits without their values, the program and, where there are any, the answers, the last four as JSON.
 * Masked scores become −Infinity. The program's output is the logits, also where the pass was for another tensor.
 *
 * @throws `trace-invalid` for answers that are no plain JSON, and for a pass of some positions alone, which nobody could
 * show; as `trace.read`
 */
export async function writeTrace(
  trace: Trace,
  { hooks, answers = trace.answers }: WriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const program = { ...trace.program, output: LOGITS };
  const ends = program.steps.some(({ outputs }) => Object.values(outputs).includes(LOGITS));
  const wrong = ends ? misnamed(program) : `no step of its program writes ${LOGITS}`;
  if (wrong) {
    const cure =
      'Files hold whole passes: run the prompt without `positions`, and without a `rewrite` that changes shapes';
    throw new FluoroscopeError('trace-invalid', `The trace cannot be written: ${wrong}. ${cure}.`);
  }
  const wanted = hooks ?? trace.names.filter((name) => !trace.layout(name).derived);
  const tensors: TraceTensor[] = [];
  for (const names of readTogether(trace, wanted)) {
    tensors.push(...(await Promise.all(names.map((name) => trace.read(name)))));
  }
  const tokens = trace.tokens;
  return writeSafetensors(
    [
      ...tensors.map(({ name, shape, data }) => {
        const hidden = name.endsWith('hook_attn_scores');
        const written = hidden ? data.map((score) => (score <= MASKED ? -Infinity : score)) : data;
        return { name, dtype: 'F32' as const, shape, data: written };
      }),
      { name: 'tokens', dtype: 'I32', shape: [tokens.length, tokens[0]!.length], data: Int32Array.from(tokens.flat()) },
    ],
    {
      format: TRACE_FORMAT,
      model: trace.info.model,
      model_sha256: trace.info.weightsHash,
      adapter: trace.info.adapter,
      ...(trace.info.rounded !== undefined && { weights_rounded: trace.info.rounded }),
      labels: JSON.stringify(trace.labels),
      edits: JSON.stringify(trace.edits.map(withoutValues)),
      program: JSON.stringify(program),
      ...(answers && answers.size > 0 && { answers: writeAnswers(answers) }),
    },
  );
}

function withoutValues(edit: EditNote): EditNote {
  if (!('value' in edit) || Number.isFinite(edit.value)) return edit;
  const { axes, shape } = typeof edit.value === 'number' ? { axes: [], shape: [] } : edit.value; // JSON has no NaN
  return { ...edit, value: { axes, shape } };
}

function readTogether(trace: Trace, names: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  let bytes = 0;
  for (const name of names) {
    bytes += 4 * sizeOf(trace.layout(name).shape);
    if (bytes <= READ_BYTES) groups.at(-1)!.push(name);
    else {
      groups.push([name]);
      bytes = 4 * sizeOf(trace.layout(name).shape);
    }
  }
  return groups;
}
