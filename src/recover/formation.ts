/**
 * An algorithm as it forms: what the checkpoints of a training run already hold of what the final model does (Nanda et al.
 * 2023, section 5). The losses without some frequencies are those of edited passes.
 */
import { FluoroscopeError } from '../errors';
import { additionBehaviour, modulusOf, whyNotAddition } from './addition';
import { FORMATION_FORMAT } from './formats';
import { gini } from './fourier/spectrum';
import { CLEAN, findStructure, isClean, type Structure, sumPlaces } from './fourier/structure';
import { sumOutcomes } from './fourier/sum-tests';
import type { RecoverableModel } from './hypothesis';
import { rowsOf } from './interventions';
import { numbered, type RecoverOptions } from './recover';
import { Subject } from './subject';
import { type Scores, scoresOf } from './sums/scores';

/** One checkpoint. Losses in nats, each over all pairs and over the subsets that were given, such as train and test. */
export interface FormationRow {
  readonly step: number;
  readonly clean: Scores;
  /** Where the sum is held, only the key frequencies vary. */
  readonly restricted: Scores;
  /** Where the sum is held, the key frequencies are at their mean. */
  readonly excluded: Scores;
  /** Gini coefficient of the embedding's spectrum: 0 where all frequencies have the same power, towards 1 where one has all. */
  readonly gini: number;
  /** Share of the embedding's power at the key frequencies. */
  readonly embeddingShare: number;
  /** Neurons of one frequency, whichever, which explains at least `clean` of their variance. */
  readonly tuned: number;
  /** Those of them whose frequency is a key one. */
  readonly tunedToKeys: number;
}

/** Plain JSON. */
export interface Formation {
  readonly format: typeof FORMATION_FORMAT;
  /** The final model. */
  readonly model: string;
  readonly weightsHash: string;
  readonly adapter: string;
  readonly modulus: number;
  /** The final model's key frequencies, by which every checkpoint is measured. */
  readonly frequencies: readonly number[];
  /** Number of neurons. */
  readonly neurons: number;
  readonly clean: number;
  /** By step, ascending; the final model is the last. */
  readonly rows: readonly FormationRow[];
  /** Floating-point operations of the kernels that ran, on all checkpoints so far. */
  readonly flops: number;
}

export interface Checkpoints {
  /** Ascending; without any there is the final model's row alone. */
  readonly steps: readonly number[];
  /** A model that nobody else uses: it is disposed when it has been measured. */
  load(step: number): Promise<RecoverableModel & { dispose(): void }>;
}

export interface FormationOptions extends Pick<RecoverOptions, 'subsets' | 'signal'> {
  readonly onProgress?: (progress: { readonly step: number; readonly runs: number }) => void;
}

/**
 * Measures the checkpoints of a model that adds mod p, one after another: yields what is known so far, one row longer each
 * time, and last the final model's own row with all before it.
 *
 * @param step after how many steps the final model came
 * @throws `analysis-invalid` where the final model adds by no key frequencies; as `load`; the signal's reason when aborted
 */
export async function* formation(
  final: RecoverableModel & { readonly adapterName: string },
  step: number,
  { steps, load }: Checkpoints,
  options: FormationOptions = {},
): AsyncGenerator<Formation, void, undefined> {
  const why = await whyNotAddition(final);
  if (why !== null) throw new FluoroscopeError('analysis-invalid', `No formation to watch: ${why}`);
  const modulus = modulusOf(final);
  const before = final.counters.flops;
  let flops = 0;
  const last = study(final, step, options);
  const found = await findStructure(last, modulus);
  const { keys } = found;
  if (keys.length === 0) {
    throw new FluoroscopeError('analysis-invalid', `No formation to watch: ${final.name} has no key frequencies.`);
  }
  const about = {
    format: FORMATION_FORMAT,
    model: final.name,
    weightsHash: final.weightsHash,
    adapter: final.adapterName,
    modulus,
    frequencies: keys,
    neurons: found.neurons.length,
    clean: CLEAN,
  } as const;
  const rows: FormationRow[] = [];
  for (const one of steps) {
    options.signal?.throwIfAborted();
    const model = await load(one);
    try {
      const subject = study(model, one, options);
      rows.push(await measured(one, await findStructure(subject, modulus, keys)));
    } finally {
      flops += model.counters.flops;
      model.dispose();
    }
    yield { ...about, rows: [...rows], flops: flops + final.counters.flops - before };
  }
  rows.push(await measured(step, found));
  yield { ...about, rows, flops: flops + final.counters.flops - before };
}

function study(model: RecoverableModel, step: number, { subsets = {}, signal, onProgress }: FormationOptions): Subject {
  const behaviour = additionBehaviour(model);
  return new Subject(
    model,
    { ...behaviour, subsets: numbered(behaviour, subsets) },
    { onRun: (runs) => onProgress?.({ step, runs }), ...(signal && { signal }) },
  );
}

async function measured(step: number, found: Structure): Promise<FormationRow> {
  const { subject, keys, neurons, embedding } = found;
  const tuned = neurons.filter(isClean);
  const rows = await rowsOf(subject, sumPlaces(found, keys));
  const { restricted, excluded } = await sumOutcomes(found, rows);
  return {
    step,
    clean: scoresOf(subject, await subject.clean()),
    restricted: scoresOf(subject, restricted),
    excluded: scoresOf(subject, excluded),
    gini: gini(embedding),
    embeddingShare: keys.reduce((sum, k) => sum + embedding[k - 1]!, 0),
    tuned: tuned.length,
    tunedToKeys: tuned.filter(({ frequency }) => keys.includes(frequency)).length,
  };
}
