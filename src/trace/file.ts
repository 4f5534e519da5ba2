import { FluoroscopeError } from '../errors';
import type { EditNote } from '../program/edits';
import { parseProgram } from '../program/parse';
import { type ForwardProgram, hookNames } from '../program/program';
import { known } from '../program/select';
import { describeLayout, sizeOf } from '../tensor/layout';
import { MASKED } from '../tensor/masked';
import { type Dtype, parseSafetensors, readI32, type SafetensorsFile, writeSafetensors } from '../tensor/safetensors';
import { cut } from '../tensor/show';
import { parseStrictJson } from '../tensor/strict-json';
import { type Answers, readAnswers, writeAnswers } from './answers';
import { readNotes } from './edit-notes';
import { RecordedTrace } from './recorded';
import type { Trace, TraceTensor } from './trace';

export const TRACE_FORMAT = 'fluoroscope-trace/1';

/** Other tools may have stored values in another of these; they are read as F32. */
const FLOATS: readonly Dtype[] = ['F32', 'F64', 'F16', 'BF16'];

const LONGEST = 2 ** 24; // characters of JSON in one field of the metadata
const LONGEST_ERROR = 500; // characters

/** Tensors are read together up to this many bytes, which pass through one buffer. */
const READ_BYTES = 2 ** 26;

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
 * Masked scores become −Infinity.
 *
 * @throws `trace-invalid` for answers that are no plain JSON; as `trace.read`
 */
export async function writeTrace(
  trace: Trace,
  { hooks, answers = trace.answers }: WriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
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
      labels: JSON.stringify(trace.labels),
      edits: JSON.stringify(trace.edits.map(withoutValues)),
      program: JSON.stringify(trace.program),
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

/**
 * Reads a trace file back.
 *
 * @param name of the file, for errors
 * @throws `safetensors-invalid`, `trace-invalid`
 */
export function readTrace(bytes: Uint8Array, name = 'trace'): RecordedTrace {
  const file = parseSafetensors(bytes, name);
  const { metadata } = file;
  if (metadata.format !== TRACE_FORMAT) {
    throw invalid(
      name,
      `its format is ${metadata.format ?? 'not given'}, expected ${TRACE_FORMAT}. Write one with \`fluoroscope trace\`.`,
    );
  }
  const program = parseStored(file);
  const labels = parseJson(file, 'labels');
  const edits = metadata.edits === undefined ? [] : parseEdits(file);
  const answers = metadata.answers === undefined ? new Map<string, unknown>() : parseAnswers(file);
  const { batch, pos } = program;
  const shape = file.tensors.get('tokens')?.shape ?? [];
  if (shape.length !== 2 || shape[0] !== batch || shape[1] !== pos) {
    throw invalid(name, `tokens is [${shape}], expected [batch ${batch}, pos ${pos}] as in its program.`);
  }
  if (!isTable(labels, batch, pos)) throw invalid(name, `its labels are not ${batch} lists of ${pos} texts.`);
  const hooks = new Set(hookNames(program));
  for (const [tensor, { shape: got, dtype }] of file.tensors) {
    if (tensor === 'tokens') continue;
    if (!hooks.has(tensor)) throw invalid(name, `it holds ${tensor}, which its program does not have.`);
    if (!FLOATS.includes(dtype)) throw invalid(name, `${tensor} is ${dtype}, expected F32.`);
    const layout = program.tensors[known(program, tensor)]!;
    if (got.length !== layout.shape.length || got.some((size, i) => size !== layout.shape[i])) {
      throw invalid(name, `${tensor} is [${got}], expected ${describeLayout(layout)} as in its program.`);
    }
  }
  const ids = readI32(file, 'tokens');
  if (ids.some((id) => id < 0)) throw invalid(name, 'tokens holds a negative id.');
  const tokens = Array.from({ length: batch }, (_, b) => [...ids.subarray(b * pos, (b + 1) * pos)]);
  const info = {
    model: metadata.model ?? '',
    weightsHash: metadata.model_sha256 ?? '',
    adapter: metadata.adapter ?? '',
  };
  return new RecordedTrace(file, program, info, tokens, labels, edits, answers);
}

function parseStored(file: SafetensorsFile): ForwardProgram {
  try {
    return parseProgram(parseJson(file, 'program'));
  } catch (cause) {
    if (!(cause instanceof FluoroscopeError) || cause.code !== 'program-invalid') throw cause;
    throw invalid(file.name, `its program is broken: ${cause.message}`);
  }
}

function parseEdits(file: SafetensorsFile): EditNote[] {
  const edits = readNotes(parseJson(file, 'edits'));
  if (edits) return edits;
  throw invalid(file.name, 'its edits are no list of what was done where.');
}

function parseAnswers(file: SafetensorsFile): Map<string, unknown> {
  try {
    return readAnswers(file.metadata.answers!);
  } catch (cause) {
    const why = `its answers cannot be read: ${(cause as Error).message}.`;
    throw new FluoroscopeError('trace-invalid', `${file.name} is no trace that can be read: ${why}`, { cause });
  }
}

function parseJson(file: SafetensorsFile, field: string): unknown {
  const text = file.metadata[field] ?? '';
  if (text.length > LONGEST) {
    throw invalid(file.name, `its ${field} has ${text.length} characters, expected at most ${LONGEST}.`);
  }
  try {
    return parseStrictJson(text);
  } catch (cause) {
    const twice = /is given twice/.test((cause as Error).message);
    const why = twice ? `: ${(cause as Error).message}` : '';
    throw new FluoroscopeError('trace-invalid', cut(`${file.name}: its ${field} is no JSON${why}.`, LONGEST_ERROR), {
      cause,
    });
  }
}

function isTable(json: unknown, batch: number, pos: number): json is string[][] {
  const isRow = (row: unknown) =>
    Array.isArray(row) && row.length === pos && row.every((label) => typeof label === 'string');
  return Array.isArray(json) && json.length === batch && json.every(isRow);
}

function invalid(name: string, what: string): FluoroscopeError {
  return new FluoroscopeError('trace-invalid', cut(`${name} is no trace that can be read: ${what}`, LONGEST_ERROR));
}
