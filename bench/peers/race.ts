/** The same pass in each implementation, in turn, in one page: checked to agree, then timed. */
import type { Task } from '../../src/cli/task';
import { Gpu } from '../../src/gpu/gpu';
import { interleaved, medianRatio, type Times } from '../timing';
import type { Contestant, Enter } from './contestant';
import { fluoroscope } from './fluoroscope';
import { jax } from './jax';
import { ortWasm, ortWebgpu } from './ort';
import { flopsOf, makeTokens, makeWeights, SHAPES, type Shape } from './shapes';
import { tfjs } from './tfjs';

export interface RaceRequest {
  readonly shapes: readonly string[];
  readonly versions: { readonly fluoroscope: string; readonly jax: string };
}

export interface RaceRow extends Times {
  readonly name: string;
  readonly version: string;
  /** Largest difference of the last position's logits to ours, over the largest of them. */
  readonly difference: number;
  /** How many times our time it takes: the median over the rounds, each of which ran all in turn. */
  readonly ratio: number;
  readonly gflops: number;
}

export interface RaceReport {
  readonly adapter: string;
  readonly races: readonly { readonly shape: Shape; readonly gflop: number; readonly rows: readonly RaceRow[] }[];
}

const TOLERANCE = 1e-5;

export const race: Task<RaceRequest, RaceReport> = async ({ device, request: { shapes, versions }, report }) => {
  const contestants: readonly Enter[] = [
    fluoroscope(device, versions.fluoroscope, 'all'),
    fluoroscope(device, versions.fluoroscope, []),
    jax(versions.jax),
    tfjs,
    ortWebgpu(false),
    ortWebgpu(true),
    ortWasm,
  ];
  const races: RaceReport['races'][number][] = [];
  for (const shape of SHAPES.filter(({ name }) => shapes.includes(name))) {
    races.push(await raceOver(shape, contestants, report));
  }
  return { result: { adapter: Gpu.of(device).adapterName, races } };
};

async function raceOver(shape: Shape, enter: readonly Enter[], report: (line: string) => void) {
  report(`${shape.name}: making the weights`);
  const field = { shape, weights: makeWeights(shape), tokens: makeTokens(shape) };
  const ready: Contestant[] = [];
  try {
    const first: Float32Array[] = [];
    for (const make of enter) {
      const contestant = await make(field);
      ready.push(contestant);
      report(`${shape.name}: ${contestant.name}`);
      first.push(Float32Array.from(await contestant.run()));
    }
    const differences = first.map((logits) => difference(logits, first[0]!));
    differences.forEach((found, i) => {
      if (found <= TOLERANCE) return;
      throw new Error(`${shape.name}: the logits of ${ready[i]!.name} differ from ours by ${found} of the largest`);
    });
    report(`${shape.name}: timing`);
    const times = await interleaved(
      ready.map((one) => async () => void (await one.run())),
      shape.rounds,
    );
    const gflop = flopsOf(shape) / 1e9;
    const rows = times.map((time, i): RaceRow => {
      const { name, version } = ready[i]!;
      const gflops = gflop / (time.minMs / 1000);
      return { name, version, ...time, difference: differences[i]!, ratio: medianRatio(time, times[0]!), gflops };
    });
    return { shape, gflop, rows };
  } finally {
    for (const contestant of ready) await contestant.dispose();
  }
}

/** Relative to the largest logit; NaN and missing values do not pass. */
function difference(logits: Float32Array, ours: Float32Array): number {
  if (logits.length !== ours.length) return Number.NaN;
  const largest = ours.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  return logits.reduce(
    (most, logit, i) => (Math.abs(logit - ours[i]!) / largest <= most ? most : Math.abs(logit - ours[i]!) / largest),
    0,
  );
}
