/** What `npm run bench` measures, on one device in one run; the same code in Chrome's page and with Dawn in Node. */
import type { Task } from '../src/cli/task';
import { Gpu } from '../src/gpu/gpu';
import { loadModel } from '../src/load-model';
import type { Model } from '../src/loaded-model';
import { fuse, fusedSteps } from '../src/program/fuse';
import type { ForwardProgram } from '../src/program/program';
import { chooseVariants } from '../src/run/variants';
import type { BufferReport } from './buffer';
import type { LongInputReport } from './long-input';
import { type MatmulReport, measureMatmuls } from './matmul';
import { gpt2Memory, type MemoryReport } from './memory';
import { measureSweep, type SweepReport } from './sweep';
import { textOf } from './texts';
import { interleaved, medianRatio, type Times } from './timing';

export interface BenchReport {
  readonly adapter: string;
  readonly matmul: readonly MatmulReport[];
  /** One pass over 64 tokens, from `run` to the end of the GPU's work. */
  readonly forward: {
    readonly model: string;
    readonly pos: number;
    readonly steps: number;
    readonly variants: readonly string[];
    readonly retainNone: Times;
    readonly retainAll: Times;
    /** Cost of keeping every value: retainAll over retainNone. */
    readonly ratioOfMin: number;
    readonly medianRatio: number;
    /** What a further pass that keeps every value asks of the device; allocations are buffers. */
    readonly submits: number;
    readonly dispatches: number;
    readonly dispatchesPerLayer: number;
    readonly allocations: number;
  };
  /**
   * A text at temperature 0, of which each token's logits are read; per token, with keys and values kept and without. Both say
   * the same.
   */
  readonly generate: {
    readonly tokens: number;
    readonly kept: Times;
    readonly whole: Times;
    /** How many times as fast. */
    readonly ratioOfMin: number;
    readonly medianRatio: number;
  };
  readonly memory: MemoryReport;
  readonly sweep: SweepReport;
  /** From asking for a slice of a tensor, as a click does, to having it; the GPU is idle. */
  readonly readback: { readonly bytes: number } & Times;
  /** null where there is no page to draw on. */
  readonly buffer: BufferReport | null;
  /** Likewise. */
  readonly longInput: LongInputReport | null;
}

const POS = 64;
const FORWARD_ROUNDS = 60;
const GENERATE_ROUNDS = 5;
const READ_ROUNDS = 100;

export const bench: Task<null, BenchReport> = async ({ device, files, report }) => {
  const gpu = Gpu.of(device);
  const matmul = await measureMatmuls(gpu, report);
  report('loading the model');
  const model = await loadModel(files, { device });
  report('measuring the forward pass');
  const forward = await measureForward(device, model);
  report('measuring generation');
  const generate = await measureGenerate(model);
  report('measuring a sweep');
  const sweep = await measureSweep(model);
  report('measuring the readback');
  const readback = await measureReadback(model);
  const memory = gpt2Memory(await chooseVariants(gpu));
  const buffer = typeof document === 'undefined' ? null : await measureBuffer(report);
  const longInput = typeof document === 'undefined' ? null : await measureLongInput(report);
  return {
    result: { adapter: gpu.adapterName, matmul, forward, generate, memory, sweep, readback, buffer, longInput },
  };
};

/** Components are loaded where there is a page. */
async function measureBuffer(report: (line: string) => void): Promise<BufferReport> {
  report('panning and zooming a buffer');
  const { panAndZoom } = await import('./buffer');
  return panAndZoom();
}

async function measureLongInput(report: (line: string) => void): Promise<LongInputReport> {
  report('looking around in a long prompt');
  const { lookAround } = await import('./long-input');
  return lookAround();
}

const promptOf = ({ config }: Model) => Array.from({ length: POS }, (_, pos) => (pos * 37) % config.d_vocab);

async function measureForward(device: GPUDevice, model: Model): Promise<BenchReport['forward']> {
  const tokens = promptOf(model);
  const pass = (retain: 'all' | []) => async () => {
    const trace = await model.run(tokens, { retain });
    await device.queue.onSubmittedWorkDone();
    trace.dispose();
  };
  const [retainNone, retainAll] = (await interleaved([pass([]), pass('all')], FORWARD_ROUNDS)) as [Times, Times];
  const before = { ...model.counters };
  await pass('all')();
  const { submits, dispatches, allocations } = model.counters;
  const program = fuse(model.program(1, POS));
  const { steps } = program;
  return {
    model: model.name,
    pos: POS,
    steps: steps.length,
    variants: [
      ...new Set(
        steps.flatMap(({ kernel, variant }) => (variant && variant !== 'clear' ? `${kernel} (${variant})` : [])),
      ),
    ],
    retainNone,
    retainAll,
    ratioOfMin: retainAll.minMs / retainNone.minMs,
    medianRatio: medianRatio(retainAll, retainNone),
    submits: submits - before.submits,
    dispatches: dispatches - before.dispatches,
    // Not of the first layer: the stream before it bears its name, and is the embedding's.
    dispatchesPerLayer: dispatchesOf(program, `blocks.${model.config.n_layers - 1}.`),
    allocations: allocations - before.allocations,
  };
}

/** Dispatches that write tensors whose names begin so. */
function dispatchesOf(program: ForwardProgram, prefix: string): number {
  const { steps } = program;
  const within = (at: number) => Object.values(steps[at]!.outputs)[0]!.startsWith(prefix);
  const saved = fusedSteps(program, steps).map(({ first, fusion }) => (within(first) ? fusion.kernels.length - 1 : 0));
  return steps.filter((_, i) => within(i)).length - saved.reduce((sum, count) => sum + count, 0);
}

async function measureGenerate(model: Model): Promise<BenchReport['generate']> {
  let said = '';
  const text = (cache: boolean) => async () => {
    const ids = await textOf(model, POS, cache);
    if (ids.length !== POS) throw new Error(`${ids.length} tokens were generated, not ${POS}.`);
    said ||= ids.join();
    if (ids.join() !== said) throw new Error(`With keys and values kept it says other than without: ${said}; ${ids}`);
  };
  const [kept, whole] = (await interleaved([text(true), text(false)], GENERATE_ROUNDS, [POS, POS])) as [Times, Times];
  return {
    tokens: POS,
    kept,
    whole,
    ratioOfMin: whole.minMs / kept.minMs,
    medianRatio: medianRatio(whole, kept),
  };
}

async function measureReadback(model: Model): Promise<BenchReport['readback']> {
  const trace = await model.run(promptOf(model));
  const slice = () => trace.read('blocks.1.mlp.hook_post', { batch: 0, pos: [16, 48] });
  const { data } = await slice();
  const [times] = (await interleaved([async () => void (await slice())], READ_ROUNDS)) as [Times];
  trace.dispose();
  return { bytes: data.byteLength, ...times };
}
