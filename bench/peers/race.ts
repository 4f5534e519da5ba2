/** The same pass, or product of matrices, in each implementation, in turn, in one page: checked to agree, then timed. */
import type { Task } from '../../src/cli/task';
import { Gpu } from '../../src/gpu/gpu';
import { interleaved, medianRatio } from '../timing';
import type { Contestant, Enter } from './contestant';
import { fluoroscope } from './fluoroscope';
import { jax } from './jax';
import { ortWasm, ortWebgpu } from './ort';
import { enterProduct } from './products';
import type { ProductShape } from './products-shapes';
import type { Raced, RaceReport, RaceRow } from './report';
import { flopsOf, makeTokens, makeWeights, SHAPES, type Shape } from './shapes';
import { tfjs } from './tfjs';

export interface RaceRequest {
  readonly shapes: readonly string[];
  readonly products: readonly ProductShape[];
  readonly versions: { readonly fluoroscope: string; readonly jax: string };
}

const TOLERANCE = 1e-5;

export const race: Task<RaceRequest, RaceReport> = async ({ device, request, report }) => {
  const { shapes, products, versions } = request;
  const contestants: readonly Enter[] = [
    fluoroscope(device, versions.fluoroscope, 'all'),
    fluoroscope(device, versions.fluoroscope, []),
    jax(versions.jax),
    tfjs,
    ortWebgpu(false),
    ortWebgpu(true),
    ortWasm,
  ];
  const races: Raced<Shape>[] = [];
  for (const shape of SHAPES.filter(({ name }) => shapes.includes(name))) {
    report(`${shape.name}: making the weights`);
    const field = { shape, weights: makeWeights(shape), tokens: makeTokens(shape) };
    const makers = contestants.map((make) => () => make(field));
    const gflop = flopsOf(shape) / 1e9;
    races.push({ shape, gflop, rows: await raceOver(shape.name, gflop, shape.rounds, makers, report) });
  }
  const multiplied: Raced<ProductShape>[] = [];
  for (const shape of products) {
    const gflop = (2 * shape.rows * shape.inner * shape.cols) / 1e9;
    const makers = enterProduct(device, versions, shape);
    const rounds = gflop > 1 ? 5 : 15;
    multiplied.push({ shape, gflop, rows: await raceOver(shape.name, gflop, rounds, makers, report) });
  }
  return { result: { adapter: Gpu.of(device).adapterName, races, products: multiplied } };
};

async function raceOver(
  what: string,
  gflop: number,
  rounds: number,
  makers: readonly (() => Promise<Contestant>)[],
  report: (line: string) => void,
): Promise<RaceRow[]> {
  const ready: Contestant[] = [];
  try {
    const first: Float32Array[] = [];
    for (const make of makers) {
      const contestant = await make();
      ready.push(contestant);
      report(`${what}: ${contestant.name}`);
      first.push(Float32Array.from(await contestant.run()));
    }
    const differences = first.map((logits) => difference(logits, first[0]!));
    differences.forEach((found, i) => {
      if (found <= TOLERANCE) return;
      throw new Error(`${what}: the numbers of ${ready[i]!.name} differ from ours by ${found} of the largest`);
    });
    report(`${what}: timing`);
    const times = await interleaved(
      ready.map((one) => async () => void (await one.run())),
      rounds,
    );
    return times.map((time, i): RaceRow => {
      const { name, version } = ready[i]!;
      const gflops = gflop / (time.minMs / 1000);
      return { name, version, ...time, difference: differences[i]!, ratio: medianRatio(time, times[0]!), gflops };
    });
  } finally {
    for (const contestant of ready) await contestant.dispose();
  }
}

/** Relative to the largest number; NaN and missing values do not pass. */
function difference(logits: Float32Array, ours: Float32Array): number {
  if (logits.length !== ours.length) return Number.NaN;
  const largest = ours.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  return logits.reduce(
    (most, logit, i) => (Math.abs(logit - ours[i]!) / largest <= most ? most : Math.abs(logit - ours[i]!) / largest),
    0,
  );
}
