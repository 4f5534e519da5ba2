/** Cards and formations as files: JSON of a stated format. */
import { FluoroscopeError } from '../errors';
import { parseStrictJson } from '../tensor/strict-json';
import type { Formation } from './formation';
import { FORMATION_FORMAT, RECOVERY_FORMAT } from './formats';
import type { Recovery } from './recover';

const LISTS = { recovery: ['variables', 'tests', 'hypotheses'], formation: ['frequencies', 'rows'] } as const;

/** @throws `recovery-invalid` for anything but a card of this version */
export function readRecovery(text: string, where = 'The card'): Recovery {
  return parse(text, where, RECOVERY_FORMAT, LISTS.recovery) as unknown as Recovery;
}

/** @throws `recovery-invalid` for anything but a formation of this version */
export function readFormation(text: string, where = 'The formation'): Formation {
  return parse(text, where, FORMATION_FORMAT, LISTS.formation) as unknown as Formation;
}

function parse(text: string, where: string, format: string, lists: readonly string[]): Record<string, unknown> {
  const value = parseJson(text, where);
  const found = (value as { format?: unknown } | null)?.format;
  if (found !== format) {
    const got = found === undefined ? 'none' : JSON.stringify(found);
    throw invalid(`${where} has to be of the format "${format}", and its format is ${got}; write it again.`);
  }
  const card = value as Record<string, unknown>;
  const missing = lists.find((name) => !Array.isArray(card[name]));
  if (missing) throw invalid(`${where} is of the format "${format}" but has no list "${missing}"; write it again.`);
  return card;
}

function parseJson(text: string, where: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw invalid(`${where} is not valid JSON: ${(cause as Error).message}`, cause);
  }
}

function invalid(message: string, cause?: unknown): FluoroscopeError {
  return new FluoroscopeError('recovery-invalid', message, cause === undefined ? undefined : { cause });
}
