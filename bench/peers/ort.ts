import type * as Ort from 'onnxruntime-web';
import type { Enter } from './contestant';
import { onnxModel } from './onnx';

const THREADS = 2;

/** On WebGPU; with `keepAll` every intermediate value is an output that stays on the GPU, as ours do. */
export const ortWebgpu =
  (keepAll: boolean): Enter =>
  async (field) => {
    const ort = await import('onnxruntime-web/webgpu');
    return session(
      ort,
      'webgpu',
      keepAll,
      field,
      `ONNX Runtime Web, WebGPU, ${keepAll ? 'every value kept' : 'logits only'}`,
    );
  };

export const ortWasm: Enter = async (field) => {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = THREADS;
  return session(ort, 'wasm', false, field, `ONNX Runtime Web, wasm, ${THREADS} threads`);
};

async function session(
  ort: typeof Ort,
  provider: 'webgpu' | 'wasm',
  keepAll: boolean,
  field: Parameters<Enter>[0],
  name: string,
): ReturnType<Enter> {
  const here = import.meta.url; // Not within new URL, which Vite would take for an asset.
  ort.env.wasm.wasmPaths = new URL('./ort/', here).href;
  ort.env.logLevel = 'error';
  const { bytes, intermediates } = onnxModel(field, keepAll);
  const kept = Object.fromEntries(intermediates.map((output) => [output, 'gpu-buffer' as const]));
  const made = await ort.InferenceSession.create(bytes, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    ...(provider === 'webgpu' && { preferredOutputLocation: { last: 'cpu', ...kept } }),
  });
  const tokens = new ort.Tensor('int64', BigInt64Array.from(field.tokens, BigInt), [field.tokens.length]);
  return {
    name,
    version: ort.env.versions.web ?? ort.env.versions.common,
    async run() {
      const outputs = await made.run({ tokens });
      const last = outputs.last!.data as Float32Array;
      for (const output of intermediates) outputs[output]!.dispose();
      return last;
    },
    dispose: () => made.release(),
  };
}
