import type { Trace } from '../trace/trace';
import { topIndices } from './top';

/** As many as `<fluoro-tokens>` shows. */
const LIKELIEST = 8;

/**
 * What a recording carries in place of a tokenizer, as its answer `texts?`: the texts of the likeliest tokens after each
 * position of batch entry 0, by their ids.
 */
export async function likelyTexts(trace: Trace, text: (id: number) => string): Promise<Record<string, string>> {
  const { data, shape } = await trace.read(trace.program.output, { batch: 0 });
  const width = shape.at(-1)!;
  const texts: Record<string, string> = {};
  for (let first = 0; first < data.length; first += width) {
    for (const id of topIndices(data.subarray(first, first + width), LIKELIEST)) texts[id] = text(id);
  }
  return texts;
}
