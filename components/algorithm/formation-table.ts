import type { Formation, Scores } from '../../src/index';
import type { FigureTable } from '../shared/figure-table';

/** Every checkpoint with all that was measured of it: losses in nats, accuracies as shares. */
export function formationTable({ rows, model, neurons }: Formation): FigureTable {
  const sets = Object.keys(rows[0]?.clean ?? {});
  const columns = (['clean', 'restricted', 'excluded'] as const).flatMap((run) =>
    sets.flatMap((set) => (['loss', 'accuracy'] as const).map((measure) => ({ run, set, measure }))),
  );
  const value = (scores: Scores, set: string, measure: 'loss' | 'accuracy') => scores[set]?.[measure] ?? '';
  return {
    caption: `How the algorithm of ${model} formed`,
    columns: [
      'step',
      ...columns.map(({ run, set, measure }) => `${run}, ${set}: ${measure}`),
      'Gini coefficient',
      `neurons of one clean frequency, of ${neurons}`,
      'of them of a key frequency',
      "key frequencies' share of the embedding",
    ],
    rows: rows.map((row) => [
      row.step,
      ...columns.map(({ run, set, measure }) => value(row[run], set, measure)),
      row.gini,
      row.tuned,
      row.tunedToKeys,
      row.embeddingShare,
    ]),
  };
}
