import type { Trace } from '../../src/index';
import { describeEffect, receipts } from '../../src/index';

/** What each edit of a pass changed, a sentence each. */
export async function toldEffects(edited: Trace, clean: Trace): Promise<string[]> {
  return (await receipts(edited, clean)).map(describeEffect);
}
