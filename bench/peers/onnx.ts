/** The pass as an ONNX graph (opset 20), for ONNX Runtime. */
import { onnx } from 'onnx-proto';
import type { Field } from './contestant';
import { EPSILON } from './shapes';

const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const { AttributeType } = onnx.AttributeProto;

export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Every value between the nodes, in order. */
  readonly intermediates: readonly string[];
}

/** @param keepAll makes every intermediate value an output too; `last`, the last position's logits, always is one */
export function onnxModel({ shape, weights, tokens }: Field, keepAll: boolean): OnnxModel {
  const { layers, width, heads, vocab } = shape;
  const [pos, dim] = [tokens.length, width / heads];
  const nodes: onnx.INodeProto[] = [];
  const constants: onnx.ITensorProto[] = [];
  const intermediates: string[] = [];

  const constant = (name: string, dims: readonly number[], data: Float32Array | BigInt64Array) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    constants.push({ name, dims: [...dims], dataType: data instanceof Float32Array ? FLOAT : INT64, rawData: bytes });
    return name;
  };
  const integers = (name: string, ...values: number[]) =>
    constant(name, [values.length], BigInt64Array.from(values, BigInt));
  const node = (opType: string, input: string[], name: string, attribute: onnx.IAttributeProto[] = []) => {
    nodes.push({ opType, input, output: [name], name, attribute });
    intermediates.push(name);
    return name;
  };

  for (const [name, { shape: sizes, data }] of weights) constant(name, sizes, data);
  const perHead = integers('shape_heads', pos, heads, dim);
  const joined = integers('shape_joined', pos, width);
  const scale = constant('scale', [1], Float32Array.of(1 / Math.sqrt(dim)));
  const mask = constant(
    'mask',
    [1, pos, pos],
    Float32Array.from({ length: pos * pos }, (_, i) => (i % pos > Math.floor(i / pos) ? -1e30 : 0)),
  );
  const integer = (name: string, i: number) => ({ name, type: AttributeType.INT, i });
  const permuted = (...ints: number[]) => [{ name: 'perm', type: AttributeType.INTS, ints }];

  const linear = (x: string, name: string) =>
    node('Add', [node('MatMul', [x, `${name}.weight`], `${name}.product`), `${name}.bias`], `${name}.out`);
  const norm = (x: string, name: string) =>
    node('LayerNormalization', [x, `${name}.weight`, `${name}.bias`], `${name}.out`, [
      integer('axis', -1),
      { name: 'epsilon', type: AttributeType.FLOAT, f: EPSILON },
    ]);
  const attention = (x: string, name: string) => {
    const qkv = linear(x, `${name}.c_attn`);
    const parts = ['q', 'k', 'v'].map((part) => `${name}.${part}`);
    nodes.push({
      opType: 'Split',
      input: [qkv],
      output: parts,
      name: `${name}.split`,
      attribute: [integer('axis', 1), integer('num_outputs', 3)],
    });
    intermediates.push(...parts);
    const headwise = (part: string, ...order: number[]) =>
      node('Transpose', [node('Reshape', [part, perHead], `${part}.heads`)], `${part}.turned`, permuted(...order));
    const [q, k, v] = [headwise(parts[0]!, 1, 0, 2), headwise(parts[1]!, 1, 2, 0), headwise(parts[2]!, 1, 0, 2)];
    const products = node('Mul', [node('MatMul', [q, k], `${name}.products`), scale], `${name}.scaled`);
    const scores = node('Add', [products, mask], `${name}.scores`);
    const pattern = node('Softmax', [scores], `${name}.pattern`, [integer('axis', -1)]);
    const z = node('Transpose', [node('MatMul', [pattern, v], `${name}.z`)], `${name}.z_turned`, permuted(1, 0, 2));
    return linear(node('Reshape', [z, joined], `${name}.z_joined`), `${name}.c_proj`);
  };

  let x = node('Add', [node('Gather', ['wte.weight', 'tokens'], 'embedded'), 'wpe.weight'], 'resid_pre');
  for (let layer = 0; layer < layers; layer++) {
    const block = `h.${layer}`;
    x = node('Add', [x, attention(norm(x, `${block}.ln_1`), `${block}.attn`)], `${block}.resid_mid`);
    const post = node('Gelu', [linear(norm(x, `${block}.ln_2`), `${block}.mlp.c_fc`)], `${block}.mlp.post`, [
      { name: 'approximate', type: AttributeType.STRING, s: new TextEncoder().encode('tanh') },
    ]);
    x = node('Add', [x, linear(post, `${block}.mlp.c_proj`)], `${block}.resid_post`);
  }
  const embedding = weights.get('wte.weight')!.data;
  const turned = Float32Array.from(
    { length: vocab * width },
    (_, i) => embedding[(i % vocab) * width + Math.floor(i / vocab)]!,
  );
  constant('wte.turned', [width, vocab], turned);
  const logits = node('MatMul', [norm(x, 'ln_f'), 'wte.turned'], 'logits');
  const last = node('Gather', [logits, integers('last_pos', pos - 1)], 'last', [integer('axis', 0)]);

  const tensor = (name: string, elemType: number, dims?: number[]) => ({
    name,
    type: { tensorType: { elemType, ...(dims && { shape: { dim: dims.map((dimValue) => ({ dimValue })) } }) } },
  });
  const kept = keepAll ? intermediates.filter((name) => name !== last) : [];
  const model = onnx.ModelProto.encode({
    irVersion: 9,
    opsetImport: [{ domain: '', version: 20 }],
    graph: {
      name: shape.name,
      node: nodes,
      initializer: constants,
      input: [tensor('tokens', INT64, [pos])],
      output: [tensor(last, FLOAT), ...kept.map((name) => tensor(name, FLOAT))],
    },
  }).finish();
  return { bytes: model as Uint8Array<ArrayBuffer>, intermediates: kept };
}
