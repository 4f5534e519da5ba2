/** What a page and its worker say to each other. */
import { type ErrorCode, FluoroscopeError } from '../errors';
import type { TensorData } from '../tensor/layout';
import type { Slice } from '../tensor/slice';
import type { HeldWeights } from './local-walker';
import type { PassToWalk, WalkedPass } from './walker';

/** What the worker can be asked for, with what it answers. */
export interface Calls {
  load(weights: HeldWeights): null;
  walk(pass: PassToWalk): WalkedPass;
  read(pass: number, tensor: string, slice: Slice): TensorData;
  weight(name: string): TensorData;
}

/** A call with its arguments; the answer bears the same id. */
export type Call = {
  readonly [Name in keyof Calls]: { readonly id: number; readonly call: Name; readonly args: Parameters<Calls[Name]> };
}[keyof Calls];

export type Result = ReturnType<Calls[keyof Calls]>;

export type Request =
  | Call
  /** The call of this id is not wanted any more. */
  | { readonly cancel: number }
  /** The values of this pass are not wanted any more. */
  | { readonly release: number };

export interface PlainError {
  /** null where it is none of ours. */
  readonly code: ErrorCode | null;
  readonly message: string;
}

export type Answer =
  /** Whether the worker's script has come, and it listens. */
  | { readonly ready: boolean }
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: PlainError };

export function plainError(error: unknown): PlainError {
  return {
    code: error instanceof FluoroscopeError ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
  };
}

export function errorOf({ code, message }: PlainError): Error {
  return code ? new FluoroscopeError(code, message) : new Error(message);
}
