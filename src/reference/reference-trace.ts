import { FluoroscopeError } from '../errors';
import type { Edit } from '../program/edits';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { known } from '../program/select';
import type { Layout } from '../tensor/layout';
import type { Slice } from '../tensor/slice';
import type { RunInfo, Trace, TraceTensor } from '../trace/trace';
import type { WalkedPass, Walker } from './walker';

/** A trace over a pass in float64. Its values are read in f32; what was not retained is walked again, with equal bits. */
export class ReferenceTrace implements Trace {
  readonly kind = 'reference';
  readonly names: readonly string[];
  readonly answers = new Map<string, unknown>();
  readonly bytes: number;
  #disposed = false;

  constructor(
    private readonly walker: Walker,
    private readonly pass: WalkedPass,
    readonly program: ForwardProgram,
    readonly info: RunInfo,
    readonly tokens: readonly (readonly number[])[],
    readonly labels: readonly (readonly string[])[],
    readonly edits: readonly Edit[],
    private readonly released: () => void,
  ) {
    this.names = hookNames(program);
    this.bytes = pass.bytes;
  }

  layout(name: string): Layout & { readonly derived: boolean } {
    const { axes, shape, role } = this.program.tensors[known(this.program, name)]!;
    return { axes, shape, derived: role === 'derived' };
  }

  async read(name: string, slice: Slice = {}): Promise<TraceTensor> {
    if (this.#disposed) throw new FluoroscopeError('disposed', 'This trace was disposed. Run the prompt again.');
    const { derived } = this.layout(name);
    const tensor = await this.walker.read(this.pass.id, resolve(this.program, name), slice);
    return { name, derived, ...tensor };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.walker.release(this.pass.id);
    this.released();
  }
}
