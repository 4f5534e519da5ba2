/** Whether a model's text at temperature 0 is the same with keys and values kept as with whole passes. */
import type { Task } from '../src/cli/task';
import { loadModel } from '../src/load-model';

export interface TextReport {
  readonly model: string;
  /** As many as were asked for, or as its context has room for. */
  readonly tokens: number;
}

const PROMPT = [1];
const TOKENS = 64;

/** Throws where they differ. */
export const texts: Task<null, TextReport> = async ({ device, files, report }) => {
  report(`generating text with ${files.name}`);
  const model = await loadModel(files, { device });
  const text = async (cache: boolean) => {
    const ids: number[] = [];
    for await (const { id } of model.generate(PROMPT, { tokens: TOKENS, cache, pastEndOfText: true })) ids.push(id);
    return ids;
  };
  const [kept, whole] = [await text(true), await text(false)];
  if (kept.join() !== whole.join()) {
    throw new Error(`With keys and values kept ${files.name} says ${kept}; without ${whole}`);
  }
  const room = model.config.n_ctx - PROMPT.length + 1;
  if (kept.length !== Math.min(TOKENS, room)) throw new Error(`${files.name} generated ${kept.length} tokens`);
  return { result: { model: files.name, tokens: kept.length } };
};
