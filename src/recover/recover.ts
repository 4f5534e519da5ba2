import type { RunInfo } from '../trace/trace';
import { RECOVERY_FORMAT } from './formats';
import { fourierAddition } from './fourier/hypothesis';
import { type ModelPart, recognizeHeads } from './heads';
import type { Claim, Hypothesis, RecoverableModel, TestResult, VariableNote, Verdict } from './hypothesis';
import { inductionCircuit } from './induction/hypothesis';
import { lookupTableAddition } from './lookup-table/hypothesis';
import { type Finding, type Subsets, tryOne } from './try-hypothesis';

export { type Finding, hypothesisFailed, numbered } from './try-hypothesis';

/** All that come with the package, in the order in which they are tried. */
export const hypotheses: readonly Hypothesis[] = [fourierAddition, lookupTableAddition, inductionCircuit];

/** What recovering cost, against what training did. */
export interface Cost {
  /** Floating-point operations of the kernels that ran, a multiply-add counted as two. */
  readonly flops: number;
  /** From the model's card; null where it has none. */
  readonly trainingFlops: number | null;
  /** flops / trainingFlops */
  readonly share: number | null;
  readonly seconds: number;
}

/** What was found out about a model. Plain JSON. */
export interface Recovery extends RunInfo {
  readonly format: typeof RECOVERY_FORMAT;
  /** The hypothesis that holds, the first of several; null where none does. */
  readonly algorithm: string | null;
  /** All that hold. Of more than one, these tests cannot say which the model runs. */
  readonly algorithms: readonly string[];
  /** `recovered` if one holds; `rejected` if the only one asked about does not; `unknown` otherwise. */
  readonly verdict: Verdict;
  readonly program: string | null;
  readonly variables: readonly VariableNote[];
  readonly frequencies?: readonly number[];
  readonly tests: readonly TestResult[];
  /** The tests' controls by the tests' names. */
  readonly controls: Readonly<Record<string, NonNullable<TestResult['control']>>>;
  readonly unexplained: Claim['unexplained'];
  readonly cost: Cost;
  /** The heads that were recognized for what they do. */
  readonly parts: readonly ModelPart[];
  /** Every hypothesis that was tried, those that were refuted included. */
  readonly hypotheses: readonly Finding[];
}

export interface RecoverOptions {
  /** What to try; all that come with the package unless given. */
  readonly hypotheses?: readonly Hypothesis[];
  /** For `cost.share`; `readTrainingRecord` has those of a model directory's card. Not known unless given. */
  readonly trainingFlops?: number | null;
  /** Prompts to be reported by themselves, by what each begins with: `{ train: [[12, 34], …] }`. */
  readonly subsets?: Subsets;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly hypothesis: string; readonly runs: number }) => void;
}

/**
 * Tries hypotheses about which algorithm a model runs, each by all of its tests on the buffers of real passes. One that
 * is malformed is `unknown`, with a sentence.
 *
 * @throws `hypothesis-failed` with the line, for a hypothesis that throws; as `model.run`; the signal's reason when aborted
 */
export async function recover(
  model: RecoverableModel & { readonly adapterName: string },
  { hypotheses: tried = hypotheses, trainingFlops = null, subsets = {}, signal, onProgress }: RecoverOptions = {},
): Promise<Recovery> {
  const [start, before] = [performance.now(), model.counters.flops];
  const findings: Finding[] = [];
  for (const hypothesis of tried) {
    signal?.throwIfAborted();
    const onRun = (runs: number) => onProgress?.({ hypothesis: hypothesis.name, runs });
    onRun(0);
    findings.push(await tryOne(model, hypothesis, subsets, { onRun, ...(signal && { signal }) }));
  }
  const holding = findings.filter(({ verdict }) => verdict === 'recovered');
  const [holds] = holding;
  const parts = await recognizeHeads(model);
  const flops = model.counters.flops - before;
  const shown = holds ?? (findings.length === 1 ? findings[0] : undefined);
  const frequencies = shown?.details.frequencies as readonly number[] | undefined;
  return {
    format: RECOVERY_FORMAT,
    model: model.name,
    weightsHash: model.weightsHash,
    adapter: model.adapterName,
    algorithm: holds?.name ?? null,
    algorithms: holding.map(({ name }) => name),
    verdict: shown?.verdict ?? 'unknown',
    program: shown?.program ?? null,
    variables: shown?.variables ?? [],
    ...(frequencies && { frequencies }),
    tests: shown?.tests ?? [],
    controls: Object.fromEntries(
      (shown?.tests ?? []).flatMap(({ name, control }) => (control ? [[name, control]] : [])),
    ),
    unexplained: shown?.unexplained ?? null,
    cost: {
      flops,
      trainingFlops,
      share: trainingFlops ? flops / trainingFlops : null,
      seconds: (performance.now() - start) / 1000,
    },
    parts,
    hypotheses: findings,
  };
}
