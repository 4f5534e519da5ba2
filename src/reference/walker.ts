/**
 * A forward pass on the CPU: the same list of steps as on the GPU, each by its kernel's float64 reference. Of its
 * neighbours it shares the program, the references and the trace's interface, and nothing of `src/gpu`: no device, no
 * buffer, no shader is made, so it works where there is no WebGPU, and where there is no page.
 */
import type { ForwardProgram } from '../program/program';
import type { TensorData } from '../tensor/layout';
import type { Slice } from '../tensor/slice';

/** What to walk, and what of it stays readable without a replay. */
export interface PassToWalk {
  readonly program: ForwardProgram;
  /** Values of the program's inputs, by name. */
  readonly inputs: Readonly<Record<string, Uint32Array | Float32Array>>;
  readonly keep: ReadonlySet<string>;
}

/** A pass that was walked. */
export interface WalkedPass {
  /** By which its values are read and given back. */
  readonly id: number;
  /** Bytes of what it retains, in float64. */
  readonly bytes: number;
  readonly steps: number;
  /** Floating-point operations, a multiply-add counted as two. */
  readonly flops: number;
}

/** Holds a model's weights and walks its passes, one after another, in this thread or in another. */
export interface Walker {
  /** Where it walks: `page` is the thread that asked for the model, which steps then share with all else there. */
  readonly thread: 'worker' | 'page';
  /** @throws `out-of-memory`, `disposed`, the signal's reason */
  walk(pass: PassToWalk, signal?: AbortSignal): Promise<WalkedPass>;
  /** A tensor of a pass that was walked, or a slice of it, in f32. What was not retained is walked again. */
  read(id: number, tensor: string, slice: Slice): Promise<TensorData>;
  /** Gives a pass's values back. */
  release(id: number): void;
  /** A weight in the order of its named axes. @throws `tensor-unknown`, `disposed` */
  weight(name: string): Promise<TensorData>;
  /** Takes no more passes, and gives the weights back once every pass has been given back. */
  close(): void;
}
