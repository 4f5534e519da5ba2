/** What a line of `fluoroscope debug` asks for, and what it came to: plain JSON, between Node and where the task runs. */

import type { EditSpec, SpecIndex } from '../../edits/spec';
import type { Axis, Index } from '../../tensor/layout';
import type { CheckedTensor } from '../commands/check';
import type { JsonNumber } from '../task';
import type { ExplainNote } from './explain';

export type DebugAct =
  | { readonly do: 'list'; readonly from: number | null; readonly to: number | null }
  | { readonly do: 'break'; readonly at: number | string; readonly when?: 'before' | 'after' }
  | { readonly do: 'break'; readonly if: string; readonly at?: string }
  | { readonly do: 'delete'; readonly id: number }
  | { readonly do: 'breakpoints' | 'continue' | 'check' }
  | { readonly do: 'step'; readonly count: number }
  | { readonly do: 'run'; readonly to: number | string }
  | {
      readonly do: 'print' | 'stats' | 'bits' | 'explain';
      readonly tensor: string;
      readonly slice: readonly SpecIndex[];
    }
  | { readonly do: 'watch'; readonly for: 'nan' | 'inf' }
  | { readonly do: 'watch'; readonly for: 'range'; readonly min: number; readonly max: number }
  | { readonly do: 'edit'; readonly edit: EditSpec };

export interface DebugCommand {
  /** As it was written. */
  readonly line: string;
  /** Where, such as `session.txt:3`, for errors; null on a terminal, where one error does not end the session. */
  readonly where: string | null;
  readonly act: DebugAct;
}

export interface StepNote {
  readonly index: number;
  readonly kernel: string;
  /** What it writes. */
  readonly outputs: readonly string[];
  readonly about: string;
}

export interface BreakpointNote {
  readonly id: number;
  readonly text: string;
  readonly stops: readonly number[];
}

export interface FoundNote {
  readonly index: Index;
  readonly value: JsonNumber;
  /** `0x7fc00000` */
  readonly bits: string;
}

/** A `WatchFinding` as JSON can hold it. */
export interface FindingNote extends FoundNote {
  readonly step: number;
  readonly kernel: string;
  readonly tensor: string;
  readonly count: number;
  readonly operands: readonly {
    readonly port: string;
    readonly tensor: string;
    readonly role: string;
    readonly first: FoundNote | null;
  }[];
}

export interface StopNote {
  readonly reason: 'step' | 'breakpoint' | 'condition' | 'end';
  readonly step?: number;
  readonly tensor?: string;
  readonly index?: Index;
  readonly value?: JsonNumber;
  readonly breakpoint?: BreakpointNote;
  /** What a watch has found. */
  readonly finding?: FindingNote;
  /** What has run just now: the last of the steps. */
  readonly ran: StepNote | null;
}

export interface StatsNote {
  readonly count: number;
  /** Of the finite values; null where there are none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null;
  readonly zeros: number;
  readonly subnormals: number;
  readonly nan: number;
  readonly inf: number;
  readonly masked: number;
}

interface TensorNote {
  readonly tensor: string;
  readonly axes: readonly Axis[];
  readonly shape: readonly number[];
}

export type DebugResult =
  | { readonly kind: 'open'; readonly model: string; readonly adapter: string; readonly labels: string[][] }
  | { readonly kind: 'list'; readonly rows: readonly (StepNote & { readonly breakpoints: readonly number[] })[] }
  | { readonly kind: 'break'; readonly breakpoint: BreakpointNote }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'breakpoints'; readonly breakpoints: readonly BreakpointNote[] }
  | ({ readonly kind: 'stop' } & StopNote)
  /** Row-major, the first ones of a large tensor; bits as hexadecimal numbers. */
  | ({ readonly kind: 'print'; readonly values: readonly JsonNumber[] } & TensorNote)
  | ({ readonly kind: 'bits'; readonly values: readonly string[] } & TensorNote)
  | ({ readonly kind: 'stats' } & StatsNote & TensorNote)
  | ({ readonly kind: 'explain' } & ExplainNote)
  | { readonly kind: 'watch'; readonly breakpoint: BreakpointNote; readonly finding: FindingNote | null }
  | { readonly kind: 'edit'; readonly says: string; readonly step: number }
  | { readonly kind: 'check'; readonly ok: boolean; readonly checked: readonly CheckedTensor[] }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** What a command came to, and where the session stands then. */
export type DebugReply = DebugResult & {
  /** Index of the step that comes next. */
  readonly at: number;
  readonly steps: number;
  readonly next: StepNote | null;
};
