/** Every failure that a user can meet, by its stable code. */
export type ErrorCode =
  // what the caller asked for
  | 'prompt-empty'
  | 'prompt-too-long'
  | 'prompt-ragged'
  | 'token-invalid'
  | 'tensor-unknown'
  | 'slice-invalid'
  | 'edit-invalid'
  | 'analysis-invalid'
  | 'generation-invalid'
  | 'hypothesis-failed'
  | 'hypothesis-invalid'
  | 'metric-invalid'
  | 'no-tokenizer'
  | 'no-model'
  | 'not-live'
  | 'usage'
  | 'output-unwritable'
  | 'cancelled'
  // what a debug session refuses
  | 'breakpoint-invalid'
  | 'condition-invalid'
  | 'predicate-failed'
  | 'not-yet-run'
  | 'not-stopped'
  // what a model directory holds
  | 'file-missing'
  | 'fetch-failed'
  | 'json-invalid'
  | 'config-invalid'
  | 'architecture-unknown'
  | 'safetensors-invalid'
  | 'weights-mismatch'
  | 'tokenizer-invalid'
  | 'trace-invalid'
  | 'recovery-invalid'
  // what the program checker finds
  | 'program-invalid'
  // what the machine offers
  | 'no-webgpu'
  | 'no-chrome'
  | 'limit-exceeded'
  | 'out-of-memory'
  | 'shader-invalid'
  | 'shader-unsupported'
  | 'step-invalid'
  | 'kernel-invalid'
  | 'readback-failed'
  | 'device-lost'
  | 'disposed';

/** One clear sentence (what, where, got, expected, what to do) and a code that programs can match on. */
export class FluoroscopeError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'FluoroscopeError';
  }
}
