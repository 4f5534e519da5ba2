/** A command as people meet it: its options, what it asks of its task, what it prints. One file each in specs/. */
import type { Command } from 'commander';
import type { ModelFiles } from '../model/files';
import type { HostOptions } from './host';
import type { PreparedModel } from './model-source';
import type { Ask, Task } from './task';
import { type TaskName, tasks } from './tasks';

/** What every command is given beside its own options. */
export interface Common extends Pick<HostOptions, 'backend' | 'adapter'> {
  /** A directory, a URL or a built-in name. */
  readonly model: string;
  readonly json: boolean;
  /** `--out`, where the command has it. */
  readonly out: string | null;
}

type RequestOf<Name extends TaskName> = (typeof tasks)[Name] extends Task<infer Request, infer _> ? Request : never;
export type ReportOf<Name extends TaskName> = (typeof tasks)[Name] extends Task<infer _, infer Report> ? Report : never;

/** A task's report, with where it ran and the file that was written. */
export type Ran<Report> = Report & { readonly runtime: string; readonly out?: string; readonly bytes?: number };

export interface Spec<Name extends TaskName, Options> {
  readonly name: Name;
  readonly about: string;
  /** Whether it takes --prompt and --tokens; `'required'` unless given. */
  readonly prompt?: 'required' | 'optional' | 'none';
  /** Declares its own options. What can be refused without a model, their parsers refuse. */
  readonly declare?: (command: Command) => void;
  /** From options to the task's request; what the model's config or tokenizer refuses is refused here. */
  readonly request: (
    options: Options,
    model: PreparedModel,
    out: string | null,
  ) => RequestOf<Name> | Promise<RequestOf<Name>>;
  /** The options are there for what only printing needs. */
  readonly print: (report: Ran<ReportOf<Name>>, options: Options) => string;
  /** Of a task that asks what to do next: who answers. */
  readonly converse?: (options: Options, model: PreparedModel, common: { readonly json: boolean }) => Conversation;
  /**
   * Whether the answers of `converse` go to stdout as they come, with `--json` one object a line. What is printed at the end
   * goes to stderr then.
   */
  readonly streams?: true;
  /** Whether a prompt may be longer than the model's context. */
  readonly cuts?: (options: Options) => boolean;
  /** Whether what was asked holds: false makes the exit status 1. */
  readonly passed?: (report: ReportOf<Name>) => boolean;
  /**
   * Of a task that answers a cancel with what it has done: how much that is, such as `40 of 128 patches were run`, or
   * null if it is all. Any other task is ended, with nothing.
   */
  readonly partial?: (report: Ran<ReportOf<Name>>) => string | null;
  /** Of a command whose `--out` is a folder. */
  readonly folder?: {
    /** Refuses what cannot be written, before any work is done. */
    readonly check: (out: string, options: Options) => void;
    /** Writes it, whole or not at all. Its answer goes into the report. */
    readonly write: (made: Delivery<ReportOf<Name>>, options: Options) => Promise<object>;
  };
}

/** What a task has made, for a command that writes a folder. */
export interface Delivery<Report> {
  readonly result: Report;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly files: ModelFiles;
  /** Paths of the model's files that were there and were read. */
  readonly read: readonly string[];
  /** The prompt, where it was a text. */
  readonly prompt: string | null;
  readonly out: string;
  readonly signal: AbortSignal;
  /** Says what long work is at. */
  readonly say: (line: string) => void;
}

/** Answers a task on the user's behalf. */
export interface Conversation {
  readonly ask: Ask;
  close(): void;
}

/** A spec without its types, so that those of all commands make one list. */
export interface AnySpec extends Pick<Spec<TaskName, unknown>, 'name' | 'about' | 'prompt' | 'declare' | 'streams'> {
  readonly task: Task<unknown, unknown>;
  readonly request: (options: unknown, model: PreparedModel, out: string | null) => unknown;
  readonly print: (report: unknown, options: unknown) => string;
  readonly converse: (
    options: unknown,
    model: PreparedModel,
    common: { readonly json: boolean },
  ) => Conversation | null;
  readonly cuts: (options: unknown) => boolean;
  readonly passed: (report: unknown) => boolean;
  readonly partial: ((report: unknown) => string | null) | null;
  readonly folder: {
    readonly check: (out: string, options: unknown) => void;
    readonly write: (made: Delivery<unknown>, options: unknown) => Promise<object>;
  } | null;
}

export function spec<Name extends TaskName, Options = object>(given: Spec<Name, Options>): AnySpec {
  const { name, request, print, converse, cuts, passed = () => true, partial, folder } = given;
  return {
    ...given,
    task: tasks[name] as Task<unknown, unknown>,
    request: (options, model, out) => request(options as Options, model, out),
    print: (report, options) => print(report as Ran<ReportOf<Name>>, options as Options),
    converse: (options, model, common) => converse?.(options as Options, model, common) ?? null,
    cuts: (options) => cuts?.(options as Options) ?? false,
    passed: (report) => passed(report as ReportOf<Name>),
    partial: partial ? (report) => partial(report as Ran<ReportOf<Name>>) : null,
    folder: folder
      ? {
          check: (out, options) => folder.check(out, options as Options),
          write: (made, options) => folder.write(made as Delivery<ReportOf<Name>>, options as Options),
        }
      : null,
  };
}
