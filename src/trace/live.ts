import { FluoroscopeError } from '../errors';
import { atPositions } from '../program/at-positions';
import type { Edit } from '../program/edits';
import { later } from '../program/extended-names';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { known } from '../program/select';
import type { Execution, Values } from '../run/execution';
import type { Runner } from '../run/runner';
import { type Layout, sizeOf } from '../tensor/layout';
import { type Selection, type Slice, select } from '../tensor/slice';
import type { RunInfo, Trace, TraceTensor } from './trace';

/** Above this many runs of consecutive elements the enclosing range is copied once and gathered here. */
const MAX_RUNS = 1024;

/** What sets a trace of a pass that is stopped amid its steps apart. */
export interface StopView {
  /** Names that can be read already. */
  readonly names: readonly string[];
  /** @throws `not-yet-run` for a tensor that no step has written yet */
  ready(tensor: string): void;
  /** Does with the buffers what their owner wants done when the trace is disposed. */
  release(): void;
}

/** A trace over the GPU buffers of the pass that just ran. What was not retained is replayed from what was. */
export class LiveTrace implements Trace {
  readonly kind = 'live';
  readonly names: readonly string[];
  readonly answers = new Map<string, unknown>();
  readonly bytes: number;
  readonly reused: number;
  #execution: Execution | undefined;
  /** The last replay: with checkpoints, one layer's worth. */
  #replay: Promise<Execution> | undefined;
  /** The replay that this tick asks for, and its targets. */
  #next: Promise<Execution> | undefined;
  readonly #wanted = new Set<string>();
  /** How many work with lent buffers, and what is to be given back after them. */
  #lent = 0;
  #owed: Execution | undefined;

  constructor(
    private readonly runner: Runner,
    execution: Execution,
    readonly program: ForwardProgram,
    readonly info: RunInfo,
    readonly tokens: readonly (readonly number[])[],
    readonly labels: readonly (readonly string[])[],
    readonly edits: readonly Edit[],
    private readonly stop?: StopView,
    readonly ran: ForwardProgram = program,
  ) {
    this.#execution = execution;
    this.names = stop?.names ?? hookNames(this.program);
    this.bytes = execution.bytesKept;
    this.reused = ran.goesOn?.past ?? 0;
  }

  layout(name: string): Layout & { readonly derived: boolean } {
    const { axes, shape, role } = this.program.tensors[known(this.program, name)]!;
    return { axes, shape, derived: role === 'derived' };
  }

  async read(name: string, slice: Slice = {}): Promise<TraceTensor> {
    const execution = this.#alive();
    const layout = this.layout(name);
    const { axes, shape, runs } = select(name, layout, slice);
    const tensor = resolve(this.program, name);
    this.stop?.ready(tensor);
    const buffer = execution.buffer(tensor);
    const part = buffer ? null : this.#part(tensor, slice);
    if (!buffer && !part && tensor === this.program.output) {
      const data = await this.#atPositions(tensor, slice, sizeOf(shape));
      if (data) return { name, derived: layout.derived, axes, shape, data };
    }
    const from = buffer ?? part?.buffer ?? (await this.#replayed(tensor));
    const data = await this.#copy(from, part?.runs ?? runs, sizeOf(shape));
    return { name, derived: layout.derived, axes, shape, data };
  }

  /** Of a pass that goes on from an earlier one, a slice at a new position in what this pass alone has computed. */
  #part(tensor: string, slice: Slice): { readonly buffer: GPUBuffer; readonly runs: Selection['runs'] } | null {
    const { axes, shape } = this.program.tensors[tensor]!;
    const buffer = this.#execution!.buffer(later(tensor));
    const row = axes.includes('query') ? 'query' : 'pos';
    const at = slice[row];
    if (typeof at !== 'number' || !buffer) return null;
    const fresh = at - this.reused + (at < 0 ? shape[axes.indexOf(row)]! : 0);
    const layout = this.ran.tensors[later(tensor)]!;
    return fresh < 0 ? null : { buffer, runs: select(tensor, layout, { ...slice, [row]: fresh }).runs };
  }

  /** Logits at the positions of a slice, where only these are wanted: a whole replay is as wide as the vocabulary at all. */
  async #atPositions(tensor: string, slice: Slice, size: number): Promise<Float32Array | null> {
    const { shape, axes } = this.program.tensors[tensor]!;
    const { pos } = slice;
    const whole = shape[axes.indexOf('pos')];
    if (pos === undefined || whole !== this.program.pos || this.#replay || this.#next) return null;
    const from = (at: number) => (at < 0 ? at + whole : at);
    const [first, end] = typeof pos === 'number' ? [from(pos), from(pos) + 1] : [from(pos[0]), from(pos[1])];
    if (end - first === whole) return null;
    const positions = Array.from({ length: end - first }, (_, i) => first + i);
    return this.lend(async (buffer) => {
      const rows = atPositions(this.program, tensor, positions, (name) => buffer(name) !== undefined);
      if (!rows) return null;
      const kept = Object.fromEntries(rows.reads.map((name) => [name, buffer(name)!]));
      const execution = await this.runner.run(rows.program, { ...rows.inputs, ...kept }, []);
      try {
        const { pos: _, ...others } = slice;
        const at = typeof pos === 'number' ? { ...others, pos: 0 } : others;
        const { runs } = select(tensor, rows.program.tensors[tensor]!, at);
        return await this.#copy(execution.buffer(tensor)!, runs, size);
      } finally {
        this.runner.release(execution);
      }
    });
  }

  /**
   * What the program's inputs hold, tokens and edits' operands, also those that no step has read yet: what it takes to
   * run the same program again.
   *
   * @throws `disposed`, `device-lost`
   */
  async inputs(): Promise<Values> {
    const execution = this.#alive();
    const inputs = Object.entries(this.program.tensors).filter(
      ([name, { role }]) => role === 'input' && execution.buffer(name) !== undefined,
    );
    const entries = inputs.map(async ([name, { shape, type }]) => {
      const length = sizeOf(shape);
      const data = await this.#copy(execution.buffer(name)!, [{ from: 0, length }], length);
      return [name, type === 'u32' ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  get disposed(): boolean {
    return this.#execution === undefined;
  }

  /**
   * Hands over the buffers of a pass that a later one appends to, and is disposed; null where they cannot be had.
   *
   * @throws `disposed`
   */
  handOver(): Execution | null {
    const execution = this.#alive();
    if (!execution.plan.room || this.#lent > 0) return null;
    this.runner.gpu.readback.flush();
    this.#settle(this.#replay, (replayed) => replayed.destroy());
    this.#replay = undefined;
    this.#execution = undefined;
    return execution;
  }

  dispose(): void {
    const execution = this.#execution;
    if (!execution) return;
    this.rest();
    this.#execution = undefined;
    if (this.stop) this.stop.release();
    else if (this.#lent > 0) this.#owed = execution;
    else this.runner.release(execution);
  }

  /**
   * Lends the buffers of the tensors that the pass has kept: they stay as they are until `work` has ended, whoever
   * disposes the trace meanwhile. A pass that may stop amid its steps has none to lend.
   *
   * @throws `disposed`; as the work
   */
  async lend<T>(work: (buffer: (name: string) => GPUBuffer | undefined) => Promise<T>): Promise<T> {
    const execution = this.#alive();
    this.#lent++;
    try {
      return await work((name) => (this.stop ? undefined : execution.buffer(name)));
    } finally {
      if (--this.#lent === 0 && this.#owed) this.runner.release(this.#owed);
      if (this.#lent === 0) this.#owed = undefined;
    }
  }

  /** Puts the last replay aside: reading what it held replays again. */
  rest(): void {
    if (!this.#execution) return;
    this.runner.gpu.readback.flush();
    this.#park(this.#replay, this.#execution);
    this.#replay = undefined;
  }

  #alive(): Execution {
    if (this.#execution) return this.#execution;
    throw new FluoroscopeError(
      'disposed',
      'This trace was disposed: its buffers belong to a later run. Run the prompt again.',
    );
  }

  /** A buffer of the last replay, or of a new one; all that one tick wants is replayed together. */
  async #replayed(tensor: string): Promise<GPUBuffer> {
    const held = (await this.#replay)?.buffer(tensor);
    if (held) return held;
    this.#wanted.add(tensor);
    this.#next ??= Promise.resolve().then(() => this.#startReplay());
    const execution = await this.#next;
    this.#alive();
    return execution.buffer(tensor)!;
  }

  #startReplay(): Promise<Execution> {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    this.#next = undefined;
    const execution = this.#alive();
    this.#park(this.#replay, execution);
    const replay = this.#runReplay(wanted);
    replay.catch(() => {
      if (this.#replay === replay) this.#replay = undefined;
    });
    this.#replay = replay;
    return replay;
  }

  async #runReplay(wanted: readonly string[]): Promise<Execution> {
    const replay = await this.runner.replay(this.#alive(), wanted, this.program);
    if (!this.#execution) replay.destroy();
    this.#alive();
    replay.run();
    return replay;
  }

  /** Puts a replay aside for the next run. */
  #park(replay: Promise<Execution> | undefined, execution: Execution): void {
    this.#settle(replay, (replayed) => execution.park(replayed));
  }

  /** Does something with a replay once everyone who waited for it has asked for a copy. */
  #settle(replay: Promise<Execution> | undefined, then: (replayed: Execution) => void): void {
    replay?.then(
      (replayed) =>
        setTimeout(() => {
          this.runner.gpu.readback.flush();
          then(replayed);
        }),
      () => undefined, // Whoever waits for it has the error.
    );
  }

  async #copy(
    buffer: GPUBuffer,
    runs: readonly { from: number; length: number }[],
    size: number,
  ): Promise<Float32Array> {
    const { readback } = this.runner.gpu;
    if (runs.length <= MAX_RUNS) {
      const ranges = runs.map(({ from, length }) => ({ buffer, offset: 4 * from, size: 4 * length }));
      return new Float32Array(await readback.read(ranges));
    }
    const first = runs[0]!.from;
    const last = runs[runs.length - 1]!;
    const length = last.from + last.length - first;
    const all = new Float32Array(await readback.read([{ buffer, offset: 4 * first, size: 4 * length }]));
    const data = new Float32Array(size);
    let at = 0;
    for (const run of runs) {
      data.set(all.subarray(run.from - first, run.from - first + run.length), at);
      at += run.length;
    }
    return data;
  }
}
