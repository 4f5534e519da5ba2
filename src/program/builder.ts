import type { Axis, Layout } from '../tensor/layout';
import type { ForwardProgram, Step, Tensor } from './program';

type Ports = Readonly<Record<string, string>>;

/** Collects tensors and steps in the order of the forward pass. It checks nothing: `checkProgram` does, once. */
export class ProgramBuilder {
  readonly #tensors: Record<string, Tensor> = {};
  readonly #aliases: Record<string, string> = {};
  readonly #steps: Step[] = [];
  readonly #derived: Step[] = [];

  /** `sizes` are the axes' sizes, unless a tensor says otherwise. */
  constructor(private readonly sizes: Readonly<Record<Axis, number>>) {}

  /** `layout('batch pos model')` */
  layout(axes: string, sizes: Partial<Record<Axis, number>> = {}): Layout {
    const names = axes.split(' ') as Axis[];
    return { axes: names, shape: names.map((axis) => sizes[axis] ?? this.sizes[axis]) };
  }

  input(name: string, layout: Layout): void {
    this.#tensors[name] = { ...layout, role: 'input', type: 'u32' };
  }

  weight(name: string, weight: Omit<Tensor, 'role' | 'type'>): void {
    this.#tensors[name] = { ...weight, role: 'weight', type: 'f32' };
  }

  activation(name: string, layout: Layout): string {
    this.#tensors[name] = { ...layout, role: 'activation', type: 'f32' };
    return name;
  }

  alias(name: string, of: string): string {
    this.#aliases[name] = of;
    return name;
  }

  step(kernel: string, inputs: Ports, outputs: Ports, uniforms: Step['uniforms'], about: string): void {
    this.#steps.push({ kernel, inputs: this.#resolved(inputs), outputs, uniforms, about });
  }

  /** A step that only runs when its output is read. */
  derive(name: string, layout: Layout, step: Omit<Step, 'outputs'> & { readonly port: string }): void {
    this.#tensors[name] = { ...layout, role: 'derived', type: 'f32' };
    const { port, ...rest } = step;
    this.#derived.push({ ...rest, inputs: this.#resolved(rest.inputs), outputs: { [port]: name } });
  }

  build(output: string): ForwardProgram {
    return {
      batch: this.sizes.batch,
      pos: this.sizes.pos,
      tensors: this.#tensors,
      aliases: this.#aliases,
      steps: this.#steps,
      derived: this.#derived,
      output,
    };
  }

  #resolved(ports: Ports): Ports {
    return Object.fromEntries(Object.entries(ports).map(([port, name]) => [port, this.#aliases[name] ?? name]));
  }
}
