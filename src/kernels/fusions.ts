/** The registry of fusions, by name. */
import patternCode from '../../shaders/attn_pattern.wgsl?raw';
import patternQuads from '../../shaders/attn_pattern_quads.wgsl?raw';
import patternTiled from '../../shaders/attn_pattern_tiled.wgsl?raw';
import actQuads from '../../shaders/matmul_act_quads.wgsl?raw';
import actRegisters from '../../shaders/matmul_act_registers.wgsl?raw';
import actTiled from '../../shaders/matmul_act_tiled.wgsl?raw';
import addQuads from '../../shaders/matmul_add_quads.wgsl?raw';
import addRegisters from '../../shaders/matmul_add_registers.wgsl?raw';
import addTiled from '../../shaders/matmul_add_tiled.wgsl?raw';
import qkvQuads from '../../shaders/qkv_quads.wgsl?raw';
import qkvRegisters from '../../shaders/qkv_registers.wgsl?raw';
import qkvTiled from '../../shaders/qkv_tiled.wgsl?raw';
import { gelu, geluNew, relu, silu } from './activations';
import { add } from './add';
import { attnScores, scoresByQuads } from './attn_scores';
import { extendAttention } from './extend';
import type { Fusion } from './fusion';
import { matrix, read, type Uniforms, uniforms, type Variant, write } from './kernel';
import { blocks, matmul, quads, tiles } from './matmul';
import { clear, rowwise } from './parts';
import { softmax } from './softmax';

/** What a matmul writes goes right into the residual stream. */
const matmulAdd: Fusion = {
  name: 'matmul_add',
  kernels: ['matmul', 'add'],
  uniforms: matmul.uniforms,
  ports: [
    ...matmul.ports.filter(({ access }) => access === 'read'),
    read('stream', ['rows', 'cols']),
    write('y', ['rows', 'cols']),
    write('sum', ['rows', 'cols']),
  ],
  variants: [blocks(addRegisters), tiles(addTiled), quads(addQuads)],
  join: ([product, sum]) => {
    const [y, { a, b }] = [product!.outputs.y!, sum!.inputs as Record<'a' | 'b', string>];
    if ((a === y) === (b === y)) return null;
    return {
      inputs: { ...product!.inputs, stream: a === y ? b : a },
      outputs: { y, sum: sum!.outputs.sum! },
      uniforms: product!.uniforms,
    };
  },
  flops: (u) => matmul.flops(u) + add.flops({ size: u.rows! * u.cols! }),
};

/** An activation function on what a matmul writes. */
const activated = [relu, gelu, geluNew, silu].map((activation, i): Fusion => {
  const constants = { ACTIVATION: i };
  return {
    name: `matmul_${activation.name}`,
    kernels: ['matmul', activation.name],
    uniforms: matmul.uniforms,
    ports: [...matmul.ports, write('fired', ['rows', 'cols'])],
    variants: [
      { ...blocks(actRegisters), constants },
      { ...tiles(actTiled), constants },
      { ...quads(actQuads), constants },
    ],
    join: ([product, act]) => {
      const y = product!.outputs.y!;
      if (act!.inputs.x !== y) return null;
      return { inputs: product!.inputs, outputs: { y, fired: act!.outputs.y! }, uniforms: product!.uniforms };
    },
    flops: (u) => matmul.flops(u) + activation.flops({ size: u.rows! * u.cols! }),
  };
});

const PARTS = ['q', 'k', 'v'] as const;

/** Three products of one input, with weights and biases that lie one after another in memory. */
const qkv: Fusion = {
  name: 'qkv',
  kernels: ['matmul', 'matmul', 'matmul'],
  uniforms: uniforms('parts', 'rows', 'inner', 'cols', 'w_step', 'bias_step'),
  ports: [
    read('x', ['rows', 'inner']),
    matrix('w', ['parts', 'w_step']),
    read('bias', ['parts', 'bias_step']),
    ...PARTS.map((part) => write(part, ['rows', 'cols'])),
  ],
  variants: [blocks(qkvRegisters), tiles(qkvTiled), quads(qkvQuads)].map(threefold) as [Variant, ...Variant[]],
  join: (calls, place) => {
    const first = calls[0]!;
    const { rows, inner, cols } = first.uniforms as Record<'rows' | 'inner' | 'cols', number>;
    const alike = calls.every(
      ({ inputs, uniforms: u }) => inputs.x === first.inputs.x && u.inner === inner && u.cols === cols,
    );
    const [w_step, bias_step] = (['w', 'bias'] as const).map((port) => {
      const places = calls.map(({ inputs }) => place(inputs[port]!));
      const step = places[1]?.offset ?? 0;
      return places.every((one, i) => one && one.buffer === places[0]!.buffer && one.offset === i * step) ? step : 0;
    });
    if (!alike || !w_step || !bias_step) return null;
    return {
      inputs: first.inputs, // the first of the three that lie together
      outputs: Object.fromEntries(PARTS.map((part, i) => [part, calls[i]!.outputs.y!])),
      uniforms: { parts: PARTS.length, rows, inner, cols, w_step, bias_step },
    };
  },
  flops: (u) => u.parts! * matmul.flops(u),
};

/** A workgroup per block and part. */
function threefold({ writer, workgroups, ...variant }: Variant): Variant {
  return {
    ...variant,
    workgroups: (u) => [workgroups(u)[0], workgroups(u)[1], u.parts!],
    writer: (u, port, offset) => {
      const { workgroup, local } = writer!(u, port, offset);
      const part = PARTS.indexOf(port as (typeof PARTS)[number]);
      return { workgroup: [workgroup[0], workgroup[1], part], local };
    },
  };
}

/** A shader with a workgroup of 64 invocations per query of a head. */
function scoresByRow(code: string): Variant {
  const { workgroups, writer, ...variant } = rowwise('tiled', code, 64);
  const rows = (u: Uniforms) => ({ rows: u.batch! * u.head! * u.query!, cols: u.key! });
  return {
    ...variant,
    workgroups: (u) => workgroups(rows(u)),
    writer: (u, port, offset) => writer!(rows(u), port, offset),
  };
}

/** Scores and their softmax. */
const attnPattern: Fusion = {
  name: 'attn_pattern',
  kernels: ['attn_scores', 'softmax'],
  uniforms: attnScores.uniforms,
  ports: [...attnScores.ports, write('pattern', ['batch', 'head', 'query', 'key'])],
  variants: [
    clear(
      patternCode,
      (u) => u.batch! * u.head! * u.query!,
      (u, _, offset) => Math.floor(offset / u.key!),
    ),
    scoresByQuads(patternQuads),
    scoresByRow(patternTiled),
  ],
  join: ([scores, pattern]) => {
    if (pattern!.inputs.x !== scores!.outputs.scores) return null;
    const outputs = { scores: scores!.outputs.scores!, pattern: pattern!.outputs.y! };
    return { inputs: scores!.inputs, outputs, uniforms: scores!.uniforms };
  },
  flops: (u) => attnScores.flops(u) + softmax.flops({ rows: u.batch! * u.head! * u.query!, cols: u.key! }),
};

/** Longer ones first: q, k and v before a product and what follows it. */
export const fusions: Readonly<Record<string, Fusion>> = Object.fromEntries(
  [qkv, matmulAdd, ...activated, attnPattern, extendAttention].map((fusion) => [fusion.name, fusion]),
);
