import { FluoroscopeError } from '../errors';
import type { EditNote } from '../program/edits';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import type { Layout } from '../tensor/layout';
import { readF32, type SafetensorsFile } from '../tensor/safetensors';
import { gather, type Slice, select } from '../tensor/slice';
import type { RunInfo, Trace, TraceTensor } from './trace';

/** A trace over a file: what some earlier pass held. */
export class RecordedTrace implements Trace {
  readonly kind = 'recorded';
  readonly names: readonly string[];
  readonly bytes: number;
  #file: SafetensorsFile | undefined;

  constructor(
    file: SafetensorsFile,
    readonly program: ForwardProgram,
    readonly info: RunInfo,
    readonly tokens: readonly (readonly number[])[],
    readonly labels: readonly (readonly string[])[],
    readonly edits: readonly EditNote[],
    readonly answers: Map<string, unknown>,
  ) {
    this.#file = file;
    this.bytes = file.bytes.length;
    this.names = hookNames(program).filter((name) => file.tensors.has(name));
  }

  layout(name: string): Layout & { readonly derived: boolean } {
    if (!this.names.includes(name)) throw unknown(name);
    const { axes, shape, role } = this.program.tensors[resolve(this.program, name)]!;
    return { axes, shape, derived: role === 'derived' };
  }

  async read(name: string, slice: Slice = {}): Promise<TraceTensor> {
    if (!this.#file) throw new FluoroscopeError('disposed', 'This trace was disposed. Open its file again.');
    if (!this.names.includes(name)) {
      const { namesNear } = await import('./names-near');
      throw unknown(name, namesNear(name, this.names));
    }
    const layout = this.layout(name);
    const selection = select(name, layout, slice);
    const data = gather(readF32(this.#file, name), selection);
    return { name, derived: layout.derived, axes: selection.axes, shape: selection.shape, data };
  }

  dispose(): void {
    this.#file = undefined;
  }
}

function unknown(name: string, near = ''): FluoroscopeError {
  return new FluoroscopeError('tensor-unknown', `This recording holds no tensor named ${name}.${near}`);
}
