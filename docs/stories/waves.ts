/**
 * The experiment that tells the impostor from the network of rotations: the neurons that are waves at their mean, and all
 * others at theirs, on every pair of operands.
 */
import type { Recovery } from '../../src/index';
import type { Library } from './page';

/** Share of the pairs that are answered right. */
export interface WavesOutcome {
  /** How many neurons one key frequency explains. */
  readonly waves: number;
  readonly neurons: number;
  readonly asItIs: number;
  readonly withoutWaves: number;
  readonly onlyWaves: number;
}

type Studied = Parameters<Library['recovery']['recover']>[0];
type Subject = InstanceType<Library['recovery']['Subject']>;

/** A neuron's activation is one frequency's wave if that explains this share of its variance (Nanda et al. 2023). */
const CLEAN = 0.85;
const NEURONS = { at: 'blocks.0.mlp.hook_post', slice: { pos: -1 } };

/** The neurons that a recovery card found to be waves of a key frequency. */
export function wavesOf({ hypotheses }: Recovery): number[] {
  const { neurons, frequencies } = hypotheses.find(({ name }) => name === 'fourier-addition')!.details as {
    readonly neurons: readonly { readonly neuron: number; readonly frequency: number; readonly quality: number }[];
    readonly frequencies: readonly number[];
  };
  return neurons
    .filter(({ frequency, quality }) => quality >= CLEAN && frequencies.includes(frequency))
    .map(({ neuron }) => neuron);
}

export interface WavesOptions {
  readonly signal?: AbortSignal;
  /** Says after each run how many there have been. */
  readonly onRun?: (runs: number) => void;
}

/** @throws the signal's reason when aborted; as `model.run` */
export async function silenceWaves(
  { recovery }: Pick<Library, 'recovery'>,
  model: Studied,
  waves: readonly number[],
  options: WavesOptions = {},
): Promise<WavesOutcome> {
  const p = model.config.d_vocab - 1;
  const pairs = Array.from({ length: p * p }, (_, i) => [Math.floor(i / p), i % p] as const);
  const subject = new recovery.Subject(
    model,
    {
      prompts: pairs.map(([a, b]) => [a, b, p]),
      positions: [2],
      answers: pairs.map(([a, b]) => [(a + b) % p]),
      chance: 1 / p,
    },
    options,
  );
  const isWave = new Set(waves);
  return {
    waves: waves.length,
    neurons: model.config.d_mlp!,
    asItIs: (await subject.clean()).accuracy,
    withoutWaves: await atMean(subject, (neuron) => isWave.has(neuron)),
    onlyWaves: await atMean(subject, (neuron) => !isWave.has(neuron)),
  };
}

/** Accuracy with some neurons at their mean over all pairs. */
async function atMean(subject: Subject, some: (neuron: number) => boolean): Promise<number> {
  const rows = await subject.rows(NEURONS);
  const { width } = rows;
  const mean = new Float64Array(width);
  const each = width / rows.data.length;
  for (let i = 0; i < rows.data.length; i++) mean[i % width]! += rows.data[i]! * each;
  const data = rows.data.map((value, i) => (some(i % width) ? mean[i % width]! : value));
  return (await subject.run([{ ...rows, data }])).accuracy;
}
