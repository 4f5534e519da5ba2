/** One product of two matrices in each WebGPU runtime: all of it is computed, the last row is read back. */
import { defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { Gpu } from '../../src/gpu/gpu';
import { matmul } from '../../src/kernels/matmul';
import { packUniforms, pipelineSpec } from '../../src/run/dispatch';
import { chooseVariants } from '../../src/run/variants';
import { gaussian } from '../../src/tensor/random';
import type { Contestant } from './contestant';
import type { ProductShape } from './products-shapes';

interface Factors extends ProductShape {
  readonly x: Float32Array<ArrayBuffer>;
  readonly w: Float32Array<ArrayBuffer>;
}

export function enterProduct(
  device: GPUDevice,
  versions: { readonly fluoroscope: string; readonly jax: string },
  shape: ProductShape,
): (() => Promise<Contestant>)[] {
  const next = gaussian(5);
  const numbers = (length: number) => Float32Array.from({ length }, next);
  const { rows, inner, cols } = shape;
  const factors = { ...shape, x: numbers(rows * inner), w: numbers(inner * cols) };
  return [() => ours(device, versions.fluoroscope, factors), () => jax(versions.jax, factors), () => tfjs(factors)];
}

/** With a bias, of zeros: the kernel that the passes run. */
async function ours(device: GPUDevice, version: string, { rows, inner, cols, x, w }: Factors): Promise<Contestant> {
  const gpu = Gpu.of(device);
  const variant = (await chooseVariants(gpu))(matmul);
  const { COPY_DST, COPY_SRC, STORAGE, UNIFORM } = GPUBufferUsage;
  const uniforms = { rows, inner, cols };
  const { pipeline, layout } = await gpu.pipelines.get(pipelineSpec(matmul, variant, uniforms));
  const buffer = (name: string, bytes: number, usage: GPUBufferUsageFlags, values?: ArrayBuffer) => {
    const made = gpu.createBuffer(name, bytes, usage | COPY_DST);
    if (values) device.queue.writeBuffer(made, 0, values);
    return made;
  };
  const buffers = [
    buffer('uniforms', 16, UNIFORM, packUniforms(matmul, uniforms)),
    buffer('x', x.byteLength, STORAGE, x.buffer),
    buffer('w', w.byteLength, STORAGE, w.buffer),
    buffer('bias', 4 * cols, STORAGE),
    buffer('y', 4 * rows * cols, STORAGE | COPY_SRC),
  ];
  const entries = buffers.map((one, binding) => ({ binding, resource: { buffer: one } }));
  const group = device.createBindGroup({ layout, entries });
  const last = { buffer: buffers[4]!, offset: 4 * (rows - 1) * cols, size: 4 * cols };
  return {
    name: `Fluoroscope, ${variant.name}`,
    version,
    async run() {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...variant.workgroups(uniforms));
      pass.end();
      gpu.submit(encoder);
      return new Float32Array(await gpu.readback.read([last]));
    },
    dispose: () => {
      for (const one of buffers) gpu.destroyBuffer(one);
    },
  };
}

async function jax(version: string, { rows, inner, cols, x, w }: Factors): Promise<Contestant> {
  await init('webgpu');
  defaultDevice('webgpu');
  const a = np.array(x, { shape: [rows, inner], dtype: np.float32 });
  const b = np.array(w, { shape: [inner, cols], dtype: np.float32 });
  const product = jit((left: np.Array, right: np.Array) => np.matmul(left, right));
  return {
    name: 'jax-js, WebGPU, jitted',
    version,
    // Sliced outside: within, only the last row might be computed.
    run: async () => (await product(a.ref, b.ref).slice(-1).data()) as Float32Array,
    dispose: () => {
      product.dispose();
      a.dispose();
      b.dispose();
    },
  };
}

async function tfjs({ rows, inner, cols, x, w }: Factors): Promise<Contestant> {
  await tf.setBackend('webgpu');
  await tf.ready();
  const [a, b] = [tf.tensor2d(x, [rows, inner]), tf.tensor2d(w, [inner, cols])];
  return {
    name: 'TF.js, WebGPU',
    version: tf.version_core,
    async run() {
      const last = tf.tidy(() => tf.slice(tf.matMul(a, b), [rows - 1, 0], [1, cols]));
      const data = await last.data<'float32'>();
      last.dispose();
      return data;
    },
    dispose: () => {
      a.dispose();
      b.dispose();
    },
  };
}
