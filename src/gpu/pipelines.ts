import { FluoroscopeError } from '../errors';
import type { Gpu } from './gpu';

export interface PipelineSpec {
  readonly label: string;
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Binding 0 is the uniform struct; these follow as 1, 2, …. */
  readonly storage: readonly ('read' | 'write')[];
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each shader once per device. Layouts are explicit: `auto` would drop a binding that a shader leaves unused. */
export class PipelineCache {
  /** By the shader's text, then by all else: a key that held the text would be written anew for each dispatch of a pass. */
  readonly #pipelines = new Map<string, Map<string, Promise<Pipeline>>>();

  constructor(private readonly gpu: Gpu) {}

  get(spec: PipelineSpec): Promise<Pipeline> {
    const { code, constants, storage } = spec;
    let ofCode = this.#pipelines.get(code);
    if (!ofCode) this.#pipelines.set(code, (ofCode = new Map()));
    const key = JSON.stringify([constants, storage]);
    let pipeline = ofCode.get(key);
    if (!pipeline) {
      pipeline = this.#compile(spec);
      ofCode.set(key, pipeline);
      pipeline.catch(() => ofCode.delete(key));
    }
    return pipeline;
  }

  /**
   * The shader alone, before anything is bound.
   *
   * @throws `shader-invalid`: label, line, column, what is wrong and the source line
   */
  async compile(label: string, code: string): Promise<GPUShaderModule> {
    this.gpu.assertAlive();
    const { device } = this.gpu;
    // An invalid shader is also an error of the device; the messages below say more, so the scope only keeps it quiet.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label, code });
    const scope = device.popErrorScope();
    const [{ messages }] = await Promise.all([module.getCompilationInfo(), scope]);
    const error = messages.find((message) => message.type === 'error');
    if (!error) return module;
    const line = code.split('\n')[error.lineNum - 1] ?? '';
    throw new FluoroscopeError(
      'shader-invalid',
      `${label}:${error.lineNum}:${error.linePos}: ${error.message}\n  ${line}`,
    );
  }

  async #compile({ label, code, constants, storage }: PipelineSpec): Promise<Pipeline> {
    this.gpu.assertAlive();
    const { device } = this.gpu;
    const visibility = GPUShaderStage.COMPUTE;
    const layout = device.createBindGroupLayout({
      label,
      entries: [
        { binding: 0, visibility, buffer: { type: 'uniform' } },
        ...storage.map((access, i): GPUBindGroupLayoutEntry => {
          return { binding: i + 1, visibility, buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' } };
        }),
      ],
    });
    const module = await this.compile(label, code);
    try {
      const pipeline = await device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module, constants },
      });
      return { pipeline, layout };
    } catch (cause) {
      this.gpu.assertAlive();
      throw new FluoroscopeError('shader-invalid', `${label}: ${(cause as Error).message}`, { cause });
    }
  }
}
