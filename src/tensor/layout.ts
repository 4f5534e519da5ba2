/** Named axes: a tensor is indexed by axis name, never by position in its shape. */

/**
 * `pos` runs over the prompt; attention has two such axes, `query` and `key`. `model` is the residual stream's axis
 * (d_model), `dim` the axis inside one head (d_head), `neuron` the MLP's (d_mlp). `one` is an axis of size 1.
 */
export const AXES = ['batch', 'pos', 'query', 'key', 'head', 'model', 'dim', 'neuron', 'vocab', 'one'] as const;
export type Axis = (typeof AXES)[number];

export interface Layout {
  readonly axes: readonly Axis[];
  readonly shape: readonly number[];
}

/** A readable tensor: `data` is row-major over `axes`. */
export interface TensorData extends Layout {
  readonly data: Float32Array;
}

export type Index = Readonly<Partial<Record<Axis, number>>>;

/** Number of elements; 1 for rank 0. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** `[model 64, neuron 192]` */
export function describeLayout({ axes, shape }: Layout): string {
  return `[${axes.map((axis, i) => `${axis} ${shape[i]}`).join(', ')}]`;
}

/** Where in the tensor the element at a row-major offset lies. */
export function indexAt({ axes, shape }: Layout, offset: number): Index {
  const strides = stridesOf(shape);
  return Object.fromEntries(axes.map((axis, i) => [axis, Math.floor(offset / strides[i]!) % shape[i]!]));
}

/** `batch 0, pos 3, head 1` */
export function describeIndex(index: Index): string {
  return Object.entries(index)
    .map(([axis, i]) => `${axis} ${i}`)
    .join(', ');
}
