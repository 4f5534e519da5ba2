/** What a figure shows, as rows of text and numbers. */
export interface FigureTable {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first column names the row. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** What the rows leave out of the figure, in a sentence. */
  readonly note?: string;
  /** The tensors that the numbers were read from. */
  readonly tensors?: readonly string[];
  /** What the figure is of, for the name of a file: `{ layer: 1, head: 3 }`. */
  readonly of?: Readonly<Record<string, number | string>>;
}
