/**
 * What every kernel takes and gives, without its shader or its arithmetic: all that a program is checked against. So a
 * page that only shows a recording loads no kernel. It imports nothing.
 */

/** Values of the uniform struct, in the shader's units. */
export type Uniforms = Readonly<Record<string, number>>;

export interface Port {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly type: 'f32' | 'u32';
  /** One name of a uniform per dimension. */
  readonly shape: readonly string[];
  /** It may be bound to a weight with two f16 in each word: `HALF` then says so to the shader. */
  readonly packs?: true;
}

export interface Uniform {
  readonly name: string;
  readonly type: 'f32' | 'u32';
}

export interface Signature {
  /** The uniform struct's members, in order. */
  readonly uniforms: readonly Uniform[];
  /** Bindings 1, 2, …: first what is read, then what is written. */
  readonly ports: readonly Port[];
}

/** Number of elements that a port binds. */
export function portSize(port: Port, u: Uniforms): number {
  return port.shape.reduce((size, name) => size * u[name]!, 1);
}

/** Bytes that a port binds. @param halves whether the step's weight has two f16 in each word */
export function bytesOfPort(port: Port, u: Uniforms, halves = false): number {
  const size = portSize(port, u);
  return 4 * (halves && port.packs ? Math.ceil(size / 2) : size);
}

export const read = (name: string, shape: readonly string[], type: Port['type'] = 'f32'): Port => ({
  name,
  access: 'read',
  type,
  shape,
});

export const write = (name: string, shape: readonly string[]): Port => ({ name, access: 'write', type: 'f32', shape });

/** A port for a weight that may be packed. */
export const matrix = (name: string, shape: readonly string[]): Port => ({ ...read(name, shape), packs: true });

/** `['rows', 'cols', 'eps:f32']`: u32 unless said otherwise. */
export function uniforms(...names: string[]): Uniform[] {
  return names.map((entry) => {
    const [name, type = 'u32'] = entry.split(':') as [string, Uniform['type']?];
    return { name, type };
  });
}

const activation: Signature = { uniforms: uniforms('size'), ports: [read('x', ['size']), write('y', ['size'])] };

function product(w: readonly string[]): Signature {
  return {
    uniforms: uniforms('rows', 'inner', 'cols'),
    ports: [read('x', ['rows', 'inner']), matrix('w', w), read('bias', ['cols']), write('y', ['rows', 'cols'])],
  };
}

/** Every kernel's, by its name. */
export const signatures = {
  embed: {
    uniforms: uniforms('rows', 'vocab', 'model', 'first'),
    ports: [matrix('table', ['vocab', 'model']), read('ids', ['rows'], 'u32'), write('out', ['rows', 'model'])],
  },
  pos_embed: {
    uniforms: uniforms('batch', 'pos', 'model', 'n_ctx'),
    ports: [matrix('table', ['n_ctx', 'model']), write('out', ['batch', 'pos', 'model'])],
  },
  add: {
    uniforms: uniforms('size'),
    ports: [read('a', ['size']), read('b', ['size']), write('sum', ['size'])],
  },
  normalize: {
    uniforms: uniforms('rows', 'cols', 'eps:f32'),
    ports: [read('x', ['rows', 'cols']), write('scale', ['rows']), write('normalized', ['rows', 'cols'])],
  },
  layernorm: {
    uniforms: uniforms('rows', 'cols', 'eps:f32'),
    ports: [
      read('x', ['rows', 'cols']),
      read('gain', ['cols']),
      read('bias', ['cols']),
      write('scale', ['rows']),
      write('normalized', ['rows', 'cols']),
      write('out', ['rows', 'cols']),
    ],
  },
  matmul: product(['inner', 'cols']),
  attn_scores: {
    uniforms: uniforms('batch', 'head', 'query', 'key', 'dim', 'scale:f32', 'causal'),
    ports: [
      read('q', ['batch', 'query', 'head', 'dim']),
      read('k', ['batch', 'key', 'head', 'dim']),
      write('scores', ['batch', 'head', 'query', 'key']),
    ],
  },
  softmax: {
    uniforms: uniforms('rows', 'cols'),
    ports: [read('x', ['rows', 'cols']), write('y', ['rows', 'cols'])],
  },
  attn_mix: {
    uniforms: uniforms('batch', 'head', 'query', 'key', 'dim'),
    ports: [
      read('pattern', ['batch', 'head', 'query', 'key']),
      read('v', ['batch', 'key', 'head', 'dim']),
      write('z', ['batch', 'query', 'head', 'dim']),
    ],
  },
  relu: activation,
  gelu: activation,
  gelu_new: activation,
  silu: activation,
  unembed: product(['cols', 'inner']),
  concat: {
    uniforms: uniforms('rows', 'left_cols', 'right_cols', 'cols'),
    ports: [read('left', ['rows', 'left_cols']), read('right', ['rows', 'right_cols']), write('out', ['rows', 'cols'])],
  },
  extend_rows: {
    uniforms: uniforms('batch', 'old', 'past', 'fresh', 'pos', 'width'),
    ports: [
      read('earlier', ['batch', 'old', 'width']),
      read('later', ['batch', 'fresh', 'width']),
      write('out', ['batch', 'pos', 'width']),
    ],
  },
  extend_keys: {
    uniforms: uniforms('heads', 'old', 'past', 'fresh', 'pos', 'fill:f32'),
    ports: [
      read('earlier', ['heads', 'old', 'old']),
      read('later', ['heads', 'fresh', 'pos']),
      write('out', ['heads', 'pos', 'pos']),
    ],
  },
  head_result: {
    uniforms: uniforms('rows', 'head', 'dim', 'model'),
    ports: [
      read('z', ['rows', 'head', 'dim']),
      matrix('w', ['head', 'dim', 'model']),
      write('result', ['rows', 'head', 'model']),
    ],
  },
  edit: {
    uniforms: uniforms('size'),
    ports: [read('x', ['size']), read('weight', ['size']), read('offset', ['size']), write('y', ['size'])],
  },
  ln_scale: {
    uniforms: uniforms('rows', 'cols', 'eps:f32'),
    ports: [read('x', ['rows', 'cols']), write('scale', ['rows'])],
  },
  ln_divide: {
    uniforms: uniforms('rows', 'cols'),
    ports: [read('x', ['rows', 'cols']), read('scale', ['rows']), write('normalized', ['rows', 'cols'])],
  },
  ln_affine: {
    uniforms: uniforms('rows', 'cols'),
    ports: [
      read('normalized', ['rows', 'cols']),
      read('gain', ['cols']),
      read('bias', ['cols']),
      write('out', ['rows', 'cols']),
    ],
  },
} satisfies Record<string, Signature>;

export function signatureOf(kernel: string): Signature | undefined {
  return Object.hasOwn(signatures, kernel) ? signatures[kernel as keyof typeof signatures] : undefined;
}
