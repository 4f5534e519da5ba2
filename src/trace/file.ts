import { FluoroscopeError } from '../errors';
import type { EditNote } from '../program/edits';
import { parseProgram } from '../program/parse';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { describeLayout } from '../tensor/layout';
import { type Dtype, parseSafetensors, readI32, type SafetensorsFile } from '../tensor/safetensors';
import { cut } from '../tensor/show';
import { parseStrictJson } from '../tensor/strict-json';
import { LONGEST, readAnswers } from './answers';
import { readNotes } from './edit-notes';
import { TRACE_FORMAT } from './format';
import { misnamed } from './named-axes';
import { RecordedTrace } from './recorded';

/** Other tools may have stored values in another of these; they are read as F32. */
const FLOATS: readonly Dtype[] = ['F32', 'F64', 'F16', 'BF16'];

const LONGEST_ERROR = 500; // characters

/**
 * Reads a trace file back.
 *
 * @param bytes the whole file; kept, not copied
 * @param name of the file, for errors
 * @throws `safetensors-invalid`, `trace-invalid`
 */
export function readTrace(bytes: Uint8Array | ArrayBuffer, name = 'trace'): RecordedTrace {
  const file = parseSafetensors(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), name);
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
  if (`${shape}` !== `${[batch, pos]}`) {
    throw invalid(name, `tokens is [${shape}], expected [batch ${batch}, pos ${pos}] as in its program.`);
  }
  if (!isTable(labels, batch, pos)) throw invalid(name, `its labels are not ${batch} lists of ${pos} texts.`);
  const wrong = misnamed(program);
  if (wrong) throw invalid(name, `${wrong}.`);
  const hooks = new Set(hookNames(program));
  for (const [tensor, { shape: got, dtype }] of file.tensors) {
    if (tensor === 'tokens') continue;
    if (!hooks.has(tensor)) throw invalid(name, `it holds ${tensor}, which its program does not have.`);
    if (!FLOATS.includes(dtype)) throw invalid(name, `${tensor} is ${dtype}, expected F32.`);
    const layout = program.tensors[resolve(program, tensor)]!;
    if (`${got}` !== `${layout.shape}`) {
      throw invalid(name, `${tensor} is [${got}], expected ${describeLayout(layout)} as in its program.`);
    }
  }
  const ids = readI32(file, 'tokens');
  const rows = program.steps.flatMap(({ inputs, uniforms: { first, vocab } }) => (inputs.ids ? first! + vocab! : []));
  const vocab = Math.max(...rows);
  if (ids.some((id) => id < 0 || id >= vocab)) throw invalid(name, `tokens holds an id outside 0 to ${vocab - 1}.`);
  const tokens = Array.from({ length: batch }, (_, b) => [...ids.subarray(b * pos, (b + 1) * pos)]);
  const info = {
    model: metadata.model ?? '',
    weightsHash: metadata.model_sha256 ?? '',
    adapter: metadata.adapter ?? '',
    ...(metadata.weights_rounded !== undefined && { rounded: cut(metadata.weights_rounded, LONGEST_ERROR) }),
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
  const json = parseJson(file, 'answers');
  try {
    return readAnswers(json);
  } catch (cause) {
    throw invalid(file.name, `its answers cannot be read: ${(cause as Error).message}.`, cause);
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
    const told = /is given twice|are more than/.test((cause as Error).message);
    const why = told ? `: ${(cause as Error).message}` : '';
    throw invalid(file.name, `its ${field} is no JSON${why}.`, cause);
  }
}

function isTable(json: unknown, batch: number, pos: number): json is string[][] {
  const isRow = (row: unknown) =>
    Array.isArray(row) && row.length === pos && row.every((label) => typeof label === 'string');
  return Array.isArray(json) && json.length === batch && json.every(isRow);
}

function invalid(name: string, what: string, cause?: unknown): FluoroscopeError {
  const message = cut(`${name} is no trace that can be read: ${what}`, LONGEST_ERROR);
  return new FluoroscopeError('trace-invalid', message, { cause });
}
