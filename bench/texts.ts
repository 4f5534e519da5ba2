/** Whether a model's text at temperature 0 is the same with keys and values kept as with whole passes. */
import type { Task } from '../src/cli/task';
import { loadModel } from '../src/load-model';
import type { Model } from '../src/loaded-model';

export interface TextReport {
  readonly model: string;
  /** As many as were asked for, or as its context has room for. */
  readonly tokens: number;
}

const PROMPT = [1];
const TOKENS = 64;

/** Ids of a text of so many tokens, or of as many as the context has room for. @param cache whether keys and values are kept */
export async function textOf(model: Model, tokens: number, cache: boolean): Promise<number[]> {
  const ids: number[] = [];
  const options = { tokens, cache, candidates: 0, pastEndOfText: true };
  for await (const { id, dropped } of model.generate(PROMPT, options)) {
    if (dropped > 0) throw new Error('The context is too short for this.');
    ids.push(id);
  }
  const room = model.config.n_ctx - PROMPT.length + 1;
  if (ids.length !== Math.min(tokens, room)) throw new Error(`${ids.length} tokens were generated, not ${tokens}.`);
  return ids;
}

/** Throws where they differ. */
export const texts: Task<null, TextReport> = async ({ device, files, report }) => {
  report(`generating text with ${files.name}`);
  const model = await loadModel(files, { device });
  const [kept, whole] = [await textOf(model, TOKENS, true), await textOf(model, TOKENS, false)];
  if (kept.join() !== whole.join()) {
    throw new Error(`With keys and values kept ${files.name} says ${kept}; without ${whole}`);
  }
  return { result: { model: files.name, tokens: kept.length } };
};
