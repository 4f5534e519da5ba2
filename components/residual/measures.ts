/** What the stream and its writes are measured by. */
export const MEASURES = ['length', 'along', 'cosine', 'turn'] as const;
export type Measure = (typeof MEASURES)[number];

export const measureWords: Readonly<Record<Measure, string>> = {
  length: 'length',
  along: 'component along the final stream',
  cosine: 'cosine with the final stream',
  turn: 'turn of the stream by a write',
};

/** Whatever an attribute holds; `length` for what is no measure. */
export function measureOf(text: string | null): Measure {
  return MEASURES.find((measure) => measure === text) ?? 'length';
}

/** Of the map, in CSS pixels. */
export function cellHeight({ places }: { readonly places: readonly unknown[] }): number {
  return places.length > 24 ? 13 : 17;
}
