import { FluoroscopeError } from '../../src/viewer';

/** What is wrong with a text, not with the model. */
const PROMPT: readonly string[] = ['prompt-empty', 'prompt-too-long', 'prompt-ragged', 'token-invalid', 'no-tokenizer'];

/** Whose fault a failed pass is. */
export function problemOf(error: Error): 'prompt' | 'edit' | 'device' | 'other' {
  if ('edit' in error) return 'edit';
  const code = error instanceof FluoroscopeError ? error.code : '';
  if (code === 'device-lost' || code === 'no-webgpu') return 'device';
  return PROMPT.includes(code) ? 'prompt' : 'other';
}
