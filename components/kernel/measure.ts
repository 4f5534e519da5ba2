/** A measurement that the reader asks for. */
export interface Measure<Result> {
  readonly busy: boolean;
  readonly result: Result | null;
  readonly problem: string;
}

export const NOTHING_MEASURED = { busy: false, result: null, problem: '' } as const;
