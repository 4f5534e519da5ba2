#!/usr/bin/env node
import { cancelOnSignals } from './cancel';
import { main } from './command-line';

const cancel = cancelOnSignals();
// Whoever reads no further, as `| head` does, wants no more: no error, and the end of the work, and of Chrome.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await main(process.argv.slice(2), cancel);
// What was cancelled need not have ended: a download, or work on the GPU. What was printed is to arrive first.
if (cancel.signal.aborted) process.stdout.write('', () => process.exit());
