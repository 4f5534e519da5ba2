import { FluoroscopeError } from '../errors';
import { kernels } from '../kernels';
import type { WeightTable } from '../model/transformer';
import type { ForwardProgram, Step } from '../program/program';
import { stepsFor } from '../program/retain';
import { walkFloat64 } from '../run/float64';
import type { TensorData } from '../tensor/layout';
import { permute } from '../tensor/permute';
import { gather, type Slice, select } from '../tensor/slice';
import type { PassToWalk, WalkedPass, Walker } from './walker';

/** How long steps may follow each other before others get a turn, in ms: less than a frame. */
const TURN = 8;

/** A model's weights in this thread's memory, as they are stored: f32, in the order in which a kernel reads them. */
export interface HeldWeights {
  readonly table: WeightTable;
  readonly values: ReadonlyMap<string, Float32Array>;
}

type Elements = Float32Array | Float64Array | Uint32Array;
type Values = ReadonlyMap<string, Float64Array>;

interface HeldPass {
  readonly program: ForwardProgram;
  readonly inputs: PassToWalk['inputs'];
  readonly kept: Values;
  /** All that the last replay wrote. */
  replay: Values;
}

/** Walks in the thread that it is in, with a pause between steps for whoever else wants it. */
export class LocalWalker implements Walker {
  readonly thread = 'page';
  readonly #passes = new Map<number, HeldPass>();
  #weights: HeldWeights | undefined;
  #closed = false;
  #ids = 0;
  /** The end of the last walk that was asked for: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(weights: HeldWeights) {
    this.#weights = weights;
  }

  async walk({ program, inputs, keep }: PassToWalk, signal?: AbortSignal): Promise<WalkedPass> {
    this.#assertOpen();
    const steps = stepsFor(program, keep, () => false);
    const kept = await this.#inTurn(async () => {
      this.#assertOpen();
      return this.#walked(steps, this.#given(inputs), (name) => keep.has(name), signal);
    });
    this.#assertOpen();
    const id = this.#ids++;
    this.#passes.set(id, { program, inputs, kept, replay: new Map() });
    return {
      id,
      bytes: bytesOf(kept),
      steps: steps.length,
      flops: steps.reduce((sum, step) => sum + kernels[step.kernel]!.flops(step.uniforms), 0),
    };
  }

  async read(id: number, tensor: string, slice: Slice): Promise<TensorData> {
    const { program } = this.#pass(id);
    const selection = select(tensor, program.tensors[tensor]!, slice);
    const values = this.#held(id, tensor) ?? (await this.#inTurn(() => this.#replayed(id, tensor)));
    return { axes: selection.axes, shape: selection.shape, data: gather(values, selection) };
  }

  release(id: number): void {
    this.#passes.delete(id);
    this.#rest();
  }

  async weight(name: string): Promise<TensorData> {
    this.#assertOpen();
    const { table, values } = this.#weights!;
    const entry = Object.hasOwn(table, name) ? table[name]! : undefined;
    if (!entry) {
      const names = Object.keys(table).join(', ');
      throw new FluoroscopeError('tensor-unknown', `This model has no weight named ${name}. It has ${names}.`);
    }
    const { axes, shape, stored = axes } = entry;
    const sizes = stored.map((axis) => shape[axes.indexOf(axis)]!);
    const data = values.get(entry.shares ?? name)!.slice();
    return permute({ axes: stored, shape: sizes, data }, axes);
  }

  close(): void {
    this.#closed = true;
    this.#rest();
  }

  #rest(): void {
    if (this.#closed && this.#passes.size === 0) this.#weights = undefined;
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new FluoroscopeError('disposed', 'This model was disposed. Load it again.');
  }

  /** @throws `disposed` */
  #pass(id: number): HeldPass {
    const pass = this.#passes.get(id);
    if (pass) return pass;
    throw new FluoroscopeError('disposed', 'This trace was disposed. Run the prompt again.');
  }

  #held(id: number, tensor: string): Elements | undefined {
    const { inputs, kept, replay } = this.#pass(id);
    return kept.get(tensor) ?? replay.get(tensor) ?? (Object.hasOwn(inputs, tensor) ? inputs[tensor] : undefined);
  }

  async #replayed(id: number, tensor: string): Promise<Elements> {
    const before = this.#held(id, tensor); // an earlier replay may have brought it
    if (before) return before;
    const pass = this.#pass(id);
    const { program, inputs, kept } = pass;
    const steps = stepsFor(program, [tensor], (name) => kept.has(name));
    const given = this.#given(inputs);
    pass.replay = await this.#walked(
      steps,
      (name) => kept.get(name) ?? given(name),
      () => true,
    );
    return pass.replay.get(tensor)!;
  }

  /** What no step writes: inputs and weights. */
  #given(inputs: PassToWalk['inputs']): (name: string) => ArrayLike<number> {
    const { table, values } = this.#weights!;
    return (name) => (Object.hasOwn(inputs, name) ? inputs[name]! : values.get(table[name]!.shares ?? name)!);
  }

  async #walked(
    steps: readonly Step[],
    given: (name: string) => ArrayLike<number>,
    keep: (name: string) => boolean,
    signal?: AbortSignal,
  ): Promise<Values> {
    const walk = walkFloat64(steps, given, keep);
    let turn = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = advance(walk);
      if (done) return value;
      if (performance.now() - turn < TURN) continue;
      await new Promise((resolve) => setTimeout(resolve)); // a task of its own: input, painting and messages come between
      turn = performance.now();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // whoever asked for it has the error
    return done;
  }
}

/** One step. @throws `out-of-memory` */
function advance(walk: Generator<Step, Map<string, Float64Array>>): IteratorResult<Step, Map<string, Float64Array>> {
  try {
    return walk.next();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const what = 'The pass needs more memory than can be had. Use a shorter prompt or a smaller batch.';
    throw new FluoroscopeError('out-of-memory', what, { cause });
  }
}

function bytesOf(values: Values): number {
  return [...values.values()].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}
