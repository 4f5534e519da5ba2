import { FluoroscopeError } from '../../src/viewer';
import { isWithoutDevice } from './without-device';

/** What is wrong with a text, not with the model. */
const PROMPT: readonly string[] = [
  'prompt-empty',
  'prompt-too-long',
  'prompt-ragged',
  'token-invalid',
  'no-tokenizer',
  'limit-exceeded',
];

/** Whose fault a failed pass is. */
export function problemOf(error: Error): 'prompt' | 'edit' | 'device' | 'readback' | 'other' {
  if ('edit' in error) return 'edit';
  if (isWithoutDevice(error)) return 'device';
  const code = error instanceof FluoroscopeError ? error.code : '';
  if (code === 'readback-failed') return 'readback';
  return PROMPT.includes(code) ? 'prompt' : 'other';
}
