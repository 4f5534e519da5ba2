/** What `--edit` names outside of itself: texts become token ids, files their values. All that Node does about edits. */
import { readFileSync } from 'node:fs';
import { placeOf } from '../edits/make';
import { isF32, pointing } from '../edits/scanner';
import type { EditSpec, SpecFile, SpecPrompt, SpecVector } from '../edits/spec';
import { FluoroscopeError } from '../errors';
import type { Prompt } from '../model/prompt';
import { transformer } from '../model/transformer';
import { weightTable } from '../model/weight-table';
import { parseSafetensors, readF32 } from '../tensor/safetensors';
import type { PreparedModel } from './model-source';

/**
 * The same specs with token ids for texts and numbers for files.
 *
 * @throws `edit-invalid` for files, as `encode` for prompts; pointing at the operation
 */
export function resolveEdits(specs: readonly EditSpec[], encode: (prompt: Prompt) => number[][]): EditSpec[] {
  return specs.map((spec) => {
    try {
      return { ...spec, what: resolved(spec.what, encode) };
    } catch (error) {
      if (error instanceof FluoroscopeError) throw pointing(spec.text, spec.column, error.message, error);
      throw error;
    }
  });
}

/**
 * Looks for the tensors and places that specs name in the pass that the model's config and the prompt decide.
 *
 * @throws `tensor-unknown`, `slice-invalid`, pointing at the character of the spec
 */
export async function checkPlaces(
  specs: readonly EditSpec[],
  { config, tokens }: Pick<PreparedModel, 'config' | 'tokens'>,
): Promise<void> {
  const [first] = tokens;
  if (!first || specs.length === 0) return;
  // A device may need weights in parts; an edit's tensors have the same names and sizes.
  const table = weightTable(config, false, Number.POSITIVE_INFINITY);
  const program = transformer(config, table, tokens.length, Math.min(first.length, config.n_ctx));
  for (const spec of specs) await placeOf(program, spec);
}

function resolved(what: EditSpec['what'], encode: (prompt: Prompt) => number[][]): EditSpec['what'] {
  const tokens = (prompt: SpecPrompt) => encode(prompt);
  if (what.op === 'patch') return { ...what, source: tokens(what.source) };
  if (what.op === 'mean' && what.reference !== null) return { ...what, reference: tokens(what.reference) };
  if ((what.op === 'set' || what.op === 'add') && typeof what.value !== 'number') {
    return { ...what, value: 'file' in what.value ? read(what.value) : what.value };
  }
  return what;
}

function read({ file, tensor }: SpecFile): SpecVector {
  const bytes = readBytes(file);
  if (file.endsWith('.json')) {
    if (tensor !== null) throw invalid(`${file} is a JSON list, which has no tensor ${tensor}; leave out #${tensor}.`);
    return list(file, new TextDecoder().decode(bytes));
  }
  const parsed = parseSafetensors(bytes, file);
  const names = [...parsed.tensors.keys()];
  const name = tensor ?? (names.length === 1 ? names[0]! : null);
  if (name === null)
    throw invalid(`${file} holds ${names.length} tensors (${names.slice(0, 5).join(', ')}); add #NAME.`);
  const data = [...readF32(parsed, name)];
  const at = data.findIndex((value) => !Number.isFinite(value)); // JSON, which takes it to the page, has no NaN
  if (at >= 0) throw invalid(`${file}: ${name} holds ${data[at]} at element ${at}, expected finite numbers.`);
  return { shape: parsed.tensors.get(name)!.shape, data };
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw invalid(`${file} cannot be read: ${(cause as Error).message}.`);
  }
}

function list(file: string, text: string): SpecVector {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${file} is no JSON: ${(cause as Error).message}.`);
  }
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.every((value) => typeof value === 'number')) {
    const at = parsed.findIndex((value) => !isF32(value));
    if (at >= 0) throw invalid(`${file} holds ${parsed[at]} at element ${at}, more than f32 can hold.`);
    return { shape: [parsed.length], data: parsed };
  }
  throw invalid(`${file} is no list of numbers such as [0.1, -2].`);
}

function invalid(what: string): FluoroscopeError {
  return new FluoroscopeError('edit-invalid', what);
}
