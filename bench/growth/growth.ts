/** How time and memory of a pass grow with tokens, width and layers; in Chrome's page as with Dawn in Node. */
import type { Task } from '../../src/cli/task';
import { Gpu } from '../../src/gpu/gpu';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { directory } from '../peers/directory';
import { makeTokens, makeWeights, type Shape } from '../peers/shapes';
import { interleaved, type Times } from '../timing';
import { explained, fit, valueAt } from './fit';
import { memoryOf } from './memory';
import type { Along, GrowthPoint, GrowthReport, GrowthSeries, Kept } from './report';

const HEAD = 32;
const BASE: Shape = { name: 'base', layers: 4, width: 128, heads: 4, vocab: 1024, tokens: 64, rounds: 0 };

const ALONG: readonly { readonly along: Along; readonly at: readonly number[]; readonly powers: readonly number[] }[] =
  [
    { along: 'tokens', at: [16, 32, 64, 128, 256, 512, 1024], powers: [0, 1, 2] },
    { along: 'width', at: [64, 128, 256, 384, 512, 768], powers: [0, 1, 2] },
    { along: 'layers', at: [1, 2, 4, 8, 12, 16], powers: [0, 1] },
  ];

const ROUNDS = 11;

export const growth: Task<null, GrowthReport> = async ({ device, report }) => {
  const series: GrowthSeries[] = [];
  for (const { along, at, powers } of ALONG) {
    const points: GrowthPoint[] = [];
    const shapes = at.map((size) => shapeAt(along, size));
    const models: Model[] = [];
    const found: (Counted & Pick<GrowthPoint, 'flops'>)[] = [];
    for (const [i, shape] of shapes.entries()) {
      report(`counting the memory of a pass along ${along}: ${at[i]}`);
      const model = await loadModel(directory({ shape, weights: makeWeights(shape) }), { device });
      models.push(model);
      found.push(await counted(model, shape));
    }
    report(`timing passes along ${along}`);
    const passes = models.map((model, i) => async () => {
      const trace = await model.run(makeTokens(shapes[i]!));
      await device.queue.onSubmittedWorkDone();
      trace.dispose();
    });
    const times: Times[] = await interleaved(passes, ROUNDS);
    for (const model of models) model.dispose();
    times.forEach(({ rounds, minMs, medianMs }, i) => {
      points.push({ at: at[i]!, rounds, minMs, medianMs, ...found[i]! });
    });
    const ys = points.map(({ minMs }) => minMs);
    const time = fit(at, ys, powers);
    const worst = Math.max(...at.map((x, i) => Math.abs(valueAt(time, x) / ys[i]! - 1)));
    series.push({ along, points, time, explained: explained(time, at, ys), worst });
  }
  const { layers, width, heads, vocab, tokens } = BASE;
  return { result: { adapter: Gpu.of(device).adapterName, base: { layers, width, heads, vocab, tokens }, series } };
};

function shapeAt(along: Along, size: number): Shape {
  const shape = { ...BASE, [along]: size };
  return { ...shape, heads: shape.width / HEAD };
}

type Counted = Pick<GrowthPoint, 'memory'>;

/** What the first pass of its kind asks of the device. */
async function counted(model: Model, shape: Shape): Promise<Counted & Pick<GrowthPoint, 'flops'>> {
  const { counters } = model;
  const one = async (retain: Kept) => {
    const { bytesAllocated, flops } = counters;
    const trace = await model.run(makeTokens(shape), { retain });
    const found = { counted: counters.bytesAllocated - bytesAllocated, flops: counters.flops - flops };
    trace.dispose();
    const { uniforms } = model.memory(1, shape.tokens, retain);
    return { ...found, formula: memoryOf(shape, retain, uniforms / 256) };
  };
  const [all, checkpoints] = [await one('all'), await one('checkpoints')];
  const memory = ({ formula, counted }: typeof all) => ({ formula, counted });
  return { flops: all.flops, memory: { all: memory(all), checkpoints: memory(checkpoints) } };
}
