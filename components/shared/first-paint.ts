/** Recordings come first: no weights are fetched on a page's own account before they have been painted. */

import { nextPaint, sleep } from './next-paint';

/** Longer than this no recording is waited for, in ms: its server may never answer. */
const PATIENCE = 10_000;

const unpainted = new Set<Promise<unknown>>();

/** Says that a recording is on its way. @param shown settles when it is in place, or will never be */
export function announceRecording(shown: Promise<unknown>): void {
  // Components read a new trace within one frame, and what they then draw is on screen after the next.
  const painted = shown.catch(() => undefined).then(nextPaint);
  unpainted.add(painted);
  void painted.then(() => unpainted.delete(painted));
}

/** Resolves when all recordings of the page that have been announced are on screen. */
export async function recordingsPainted(): Promise<void> {
  const patience = sleep(PATIENCE);
  await Promise.resolve(); // Elements of one tick announce theirs together.
  while (unpainted.size > 0) {
    const late = await Promise.race([Promise.all(unpainted).then(() => false), patience.then(() => true)]);
    if (late) return;
  }
}
