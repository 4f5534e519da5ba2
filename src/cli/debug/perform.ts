/** The debug session's half of `fluoroscope debug`: does what a line asks for. */
import { bitsOf, hexBits } from '../../debug/bits';
import type { Breakpoint } from '../../debug/breakpoints';
import type { DebugSession, Stop } from '../../debug/session';
import { type FoundElement, type WatchFinding, watchNonFinite, watchRange } from '../../debug/watches';
import { editsFor, makeEdits } from '../../edits/make';
import type { EditSpec, SpecIndex } from '../../edits/spec';
import { FluoroscopeError } from '../../errors';
import type { Model } from '../../loaded-model';
import { describeEdit } from '../../program/edits';
import type { ForwardProgram } from '../../program/program';
import { known } from '../../program/select';
import { type Layout, sizeOf, type TensorData } from '../../tensor/layout';
import { isMasked } from '../../tensor/masked';
import { type Slice, select } from '../../tensor/slice';
import type { Trace } from '../../trace/trace';
import { checkedTensor } from '../commands/check';
import { jsonNumber } from '../task';
import type { BreakpointNote, DebugAct, DebugResult, FindingNote, FoundNote, StepNote } from './command';
import { explainElement } from './explain';
import { statsOf } from './stats';

/** Values that an answer carries. */
const VALUES = 4096;
/** Steps that a listing shows on either side of the next one. */
const AROUND = 6;

/** What a watch looks for, beside the breakpoint that it has set. */
interface Watch {
  readonly text: string;
  readonly look: (trace: Trace) => Promise<WatchFinding | null>;
}

export class Debugger {
  readonly #watches = new Map<number, Watch>();
  /** Whether a check has missed or a watch has found something. */
  failed = false;

  constructor(
    private readonly model: Model,
    private readonly session: DebugSession,
  ) {}

  async perform(act: DebugAct): Promise<DebugResult> {
    const { session } = this;
    switch (act.do) {
      case 'list':
        return { kind: 'list', rows: this.#rows(act.from, act.to) };
      case 'break': {
        const { do: _, ...spec } = act;
        return { kind: 'break', breakpoint: this.#note(session.break(spec)) };
      }
      case 'delete':
        session.unbreak(act.id);
        this.#watches.delete(act.id);
        return { kind: 'delete', id: act.id };
      case 'breakpoints':
        return { kind: 'breakpoints', breakpoints: session.breakpoints.map((breakpoint) => this.#note(breakpoint)) };
      case 'step':
        return this.#stopped(await session.step(act.count));
      case 'continue':
        return this.#stopped(await session.continue());
      case 'run':
        return this.#stopped(await session.runTo(act.to));
      case 'watch':
        return this.#watch(act);
      case 'edit':
        return this.#edit(act.edit);
      case 'check':
        return this.#check();
      case 'explain':
        return { kind: 'explain', ...(await explainElement(this.model, session.trace, act.tensor, act.slice)) };
      default:
        return this.#show(act.do, await this.#read(act.tensor, act.slice), act.tensor);
    }
  }

  stepNote(index: number): StepNote | null {
    return noteOf(this.session.program, index);
  }

  #rows(from: number | null, to: number | null) {
    const { at, program, breakpoints } = this.session;
    const { length } = program.steps;
    if (from !== null && from >= length) {
      throw new FluoroscopeError('usage', `list: there is no step ${from}. There are ${length}: 0 to ${length - 1}.`);
    }
    const first = from ?? Math.max(0, at - AROUND);
    const end = Math.min(length, to ?? at + AROUND + 1);
    return Array.from({ length: end - first }, (_, i) => ({
      ...noteOf(program, first + i)!,
      breakpoints: breakpoints.filter(({ stops }) => stops.includes(first + i)).map(({ id }) => id),
    }));
  }

  async #stopped({ reason, step, tensor, index, value, breakpoint }: Stop): Promise<DebugResult> {
    const watch = breakpoint && this.#watches.get(breakpoint.id);
    const finding = watch ? await watch.look(this.session.trace) : null;
    if (watch) this.failed = true;
    return {
      kind: 'stop',
      reason,
      ...(step !== undefined && { step }),
      ...(tensor && { tensor }),
      ...(index && { index }),
      ...(value !== undefined && { value: jsonNumber(value) }),
      ...(breakpoint && { breakpoint: this.#note(breakpoint) }),
      ...(finding && { finding: findingNote(finding) }),
      ran: this.stepNote(this.session.at - 1),
    };
  }

  async #watch(act: DebugAct & { readonly do: 'watch' }): Promise<DebugResult> {
    const { model, session } = this;
    const [text, look, found]: [string, Watch['look'], Parameters<DebugSession['break']>[0]] =
      act.for === 'range'
        ? [
            `watch range ${act.min} to ${act.max}`,
            (trace) => watchRange(trace, act, model),
            {
              if: (values, { name }) =>
                values.some((value) => !(value >= act.min && value <= act.max) && !isMasked(name, value)),
            },
          ]
        : act.for === 'nan'
          ? ['watch NaN', (trace) => watchNonFinite(trace, model, 'NaN'), { if: 'any NaN' }]
          : ['watch Inf', (trace) => watchNonFinite(trace, model, 'Inf'), { if: 'any Inf' }];
    const breakpoint = session.break(found);
    this.#watches.set(breakpoint.id, { text, look });
    const finding = await look(session.trace);
    if (finding) this.failed = true;
    return { kind: 'watch', breakpoint: this.#note(breakpoint), finding: finding && findingNote(finding) };
  }

  async #edit(spec: EditSpec): Promise<DebugResult> {
    const { model, session } = this;
    const { op } = spec.what;
    // The others take values from runs of their own, as edits made up front do.
    const plain = op === 'zero' || op === 'scale' || op === 'set' || op === 'add';
    const { trace } = session;
    const [edit] = plain ? await makeEdits(model, trace, [spec]) : await editsFor(model, trace.tokens, [spec]);
    session.edit(edit!);
    const tensor = known(session.program, edit!.at);
    const step = session.program.steps.findIndex(({ outputs }) => Object.values(outputs).includes(tensor));
    return { kind: 'edit', says: `${describeEdit(edit!)} of ${edit!.at}`, step };
  }

  async #check(): Promise<DebugResult> {
    const { model, session } = this;
    if (session.at === 0) {
      throw new FluoroscopeError(
        'usage',
        'check compares the last step, and none has run yet: step, or run to a place.',
      );
    }
    const checked = [];
    for await (const error of model.check(session.trace, [session.at - 1])) checked.push(checkedTensor(error));
    const ok = checked.every((one) => one.ok);
    if (!ok) this.failed = true;
    return { kind: 'check', ok, checked };
  }

  /** A tensor of the pass, or a weight. */
  async #read(name: string, given: readonly SpecIndex[]): Promise<TensorData> {
    const { model, session } = this;
    if (model.weightNames.includes(name)) {
      const whole = await model.weight(name);
      const { axes, shape, runs } = select(name, whole, sliceOf(whole, given));
      const data = new Float32Array(sizeOf(shape));
      let at = 0;
      for (const { from, length } of runs) {
        data.set(whole.data.subarray(from, from + length), at);
        at += length;
      }
      return { axes, shape, data };
    }
    const { trace } = session;
    return trace.read(name, sliceOf(trace.layout(name), given));
  }

  #show(kind: 'print' | 'stats' | 'bits', { axes, shape, data }: TensorData, tensor: string): DebugResult {
    const layout = { tensor, axes, shape };
    if (kind === 'stats') return { kind, ...layout, ...statsOf(tensor, data) };
    const some = data.subarray(0, VALUES);
    if (kind === 'bits') return { kind, ...layout, values: [...bitsOf(some)].map(hexBits) };
    return { kind, ...layout, values: [...some].map(jsonNumber) };
  }

  #note({ id, text, stops }: Breakpoint): BreakpointNote {
    return { id, text: this.#watches.get(id)?.text ?? text, stops };
  }
}

function noteOf({ steps }: ForwardProgram, index: number): StepNote | null {
  const step = steps[index];
  return step ? { index, kernel: step.kernel, outputs: Object.values(step.outputs), about: step.about } : null;
}

/** An end that was left out is the tensor's own. */
function sliceOf({ axes, shape }: Layout, given: readonly SpecIndex[]): Slice {
  return Object.fromEntries(
    given.map(({ axis, index }) => {
      if (typeof index === 'number') return [axis, index];
      return [axis, [index[0] ?? 0, index[1] ?? shape[axes.indexOf(axis)] ?? 0]];
    }),
  );
}

function findingNote({ step, kernel, tensor, count, operands, ...found }: WatchFinding): FindingNote {
  return {
    step,
    kernel,
    tensor,
    count,
    ...foundNote(found),
    operands: operands.map((read) => ({ ...read, first: read.first && foundNote(read.first) })),
  };
}

function foundNote({ index, value, bits }: FoundElement): FoundNote {
  return { index, value: jsonNumber(value), bits: hexBits(bits) };
}
