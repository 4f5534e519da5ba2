import { topIndices } from '../tensor/top';
import type { Trace } from './trace';

/** As many as `<fluoro-tokens>` shows. */
const LIKELIEST = 8;

/** As much of one as is needed here. */
interface TokenTexts {
  token(id: number): string;
  decode(ids: readonly number[]): string;
}

/**
 * What a recording carries in place of a tokenizer, as answers: `prompt?`, the text of batch entry 0, and, if the logits
 * are recorded, `texts?`, the texts of the likeliest tokens after each of its positions, by their ids.
 */
export async function textAnswers(
  trace: Trace,
  tokenizer: TokenTexts | null,
  logits = true,
): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>();
  if (!tokenizer) return answers;
  answers.set('prompt?', tokenizer.decode(trace.tokens[0]!));
  if (logits) answers.set('texts?', await likelyTexts(trace, tokenizer));
  return answers;
}

async function likelyTexts(trace: Trace, tokenizer: TokenTexts): Promise<Record<string, string>> {
  const { data, shape } = await trace.read(trace.program.output, { batch: 0 });
  const width = shape.at(-1)!;
  const texts: Record<string, string> = {};
  for (let first = 0; first < data.length; first += width) {
    for (const id of topIndices(data.subarray(first, first + width), LIKELIEST)) texts[id] = tokenizer.token(id);
  }
  return texts;
}
