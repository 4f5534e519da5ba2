import type { Trace } from '../../src/index';
import { describeReceipt, receipts } from '../../src/index';

/** What each edit of a pass changed, one sentence each. */
export async function toldReceipts(edited: Trace, clean: Trace): Promise<string[]> {
  return (await receipts(edited, clean)).map(describeReceipt);
}
