import type { KernelFiles } from './debug/user-kernels';
import { sharedDevice } from './gpu/device';
import { Gpu } from './gpu/gpu';
import { Model } from './loaded-model';
import { type ModelConfig, readConfig } from './model/config';
import { endOfText } from './model/end-of-text';
import { Passes, type PassSource } from './model/passes';
import type { Prompt } from './model/prompt';
import { readTokenizer } from './model/tokenizer';
import { type Precision, weightTable } from './model/weight-table';
import { streamWeights, type WeightOptions } from './model/weights';
import { filesOf, type ModelSource } from './model-source';
import { fuse } from './program/fuse';
import { compile } from './run/execution';
import { GpuWeights } from './run/gpu-weights';
import { chooseVariants, withVariants } from './run/variants';

export interface LoadOptions extends WeightOptions {
  /** The device to run on; the page's shared one unless given. */
  readonly device?: GPUDevice;
  /**
   * WGSL to run in place of ours, by the file names of shaders/: `{ 'softmax.wgsl': code }`. It binds the same ports;
   * the trace's program names it `user`.
   */
  readonly kernels?: KernelFiles;
  /**
   * `f16` keeps the matrices in half the memory, each number rounded to the nearest f16, halves to even, and computes in f32
   * as always. It is another model than the file's: `info.rounded` of its traces says so. f32 unless given.
   */
  readonly precision?: Precision;
  /** What will be run first: its shaders compile while the weights come. What is wrong with it, `run` says. */
  readonly prompt?: Prompt;
}

/**
 * Loads a model directory: config.json, model.safetensors and, for text prompts, tokenizer.json.
 *
 * @param source a directory's URL, a built-in model's name, picked files, or anything that reads files by path
 * @throws `file-missing`, `fetch-failed`, `json-invalid`, `config-invalid`, `architecture-unknown`,
 * `safetensors-invalid`, `weights-mismatch`, `tokenizer-invalid`, `no-webgpu`, `limit-exceeded`, `out-of-memory`,
 * `kernel-invalid`, `shader-invalid`; the signal's reason when aborted
 */
export async function loadModel(
  source: ModelSource,
  { device, kernels: own, precision = 'f32', prompt, ...read }: LoadOptions = {},
): Promise<Model> {
  const files = filesOf(source);
  const parsed = await readConfig(files, read);
  const { config } = parsed;
  const reading = readTokenizer(files, read);
  reading.catch(() => undefined); // Told where it is awaited.
  const bytes = largestBinding(config);
  const gpu = Gpu.of(device ?? (await sharedDevice({ bindingBytes: bytes, bufferBytes: bytes })));
  chooseVariants(gpu).catch(() => undefined); // Measured while the weights come; an error waits for Model.create.
  const kernels = own ? await (await import('./debug/user-kernels')).userKernels(gpu, own, precision === 'f16') : [];
  const tokenizer = await reading;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const tableOf = (tied: boolean) =>
    weightTable(config, tied, Math.min(maxStorageBufferBindingSize, maxBufferSize), precision);
  const weights = new GpuWeights(gpu, tableOf(false));
  if (prompt !== undefined && !own) {
    compileFor(gpu, { config, tokenizer, table: tableOf(false) }, prompt).catch(() => undefined);
  }
  try {
    const { tied, sha256 } = await streamWeights(parsed, files, read, (name, values) => weights.upload(name, values));
    read.signal?.throwIfAborted();
    const table = tableOf(tied);
    weights.complete(table);
    const model = await Model.create({
      name: files.name,
      config,
      tokenizer,
      endOfText: endOfText(files, parsed, tokenizer, read),
      weightsHash: sha256,
      table,
      weights,
      kernels,
    });
    read.signal?.throwIfAborted();
    return model;
  } catch (error) {
    weights.dispose();
    throw error;
  }
}

/** @throws as `Model.run`, which comes upon the same */
async function compileFor(gpu: Gpu, source: PassSource, prompt: Prompt): Promise<void> {
  const choice = await chooseVariants(gpu);
  const { program } = new Passes(source, (own) => withVariants(own, choice)).asked(prompt);
  await compile(gpu, fuse(program), choice);
}

/** Bytes of the largest tensor that a pass over the whole context binds: the embedding, the logits or the scores. */
function largestBinding({ d_vocab, d_vocab_out, d_model, n_ctx, n_heads, d_mlp }: ModelConfig): number {
  return (
    4 * Math.max(d_vocab * d_model, d_vocab_out * d_model, n_ctx * d_vocab_out, n_heads * n_ctx ** 2, n_ctx * d_mlp)
  );
}
