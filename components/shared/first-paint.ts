/**
 * Recordings come first: no weights are fetched on a page's own account before they have been painted. Who has something to
 * paint says so: a `<fluoro-model>` of its recording, an element of its first picture of one, a script of an element's code.
 */
import { nextPaint, sleep } from './next-paint';

/** Longer than this nothing is waited for, in ms: a server may never answer. */
const PATIENCE = 10_000;

const unpainted = new Set<Promise<unknown>>();
/** Whether there is a recording on the page: code alone holds up no weights. */
let recorded = false;

/**
 * Says that something of a recording is on its way to the screen.
 *
 * @param placed settles when it is in place, or will never be: then what follows from it has been announced within a frame
 * @param isCode whether it draws what recordings there are
 */
export function announce(placed: Promise<unknown>, isCode = false): void {
  recorded ||= !isCode;
  const painted = placed.then(nextPaint, nextPaint);
  unpainted.add(painted);
  void painted.then(() => unpainted.delete(painted));
}

/** Resolves when all that has been announced on the page is on screen, or nothing of it is a recording. */
export async function recordingsPainted(): Promise<void> {
  let late = false;
  const patience = sleep(PATIENCE).then(() => (late = true));
  await Promise.resolve(); // Elements of one tick announce theirs together.
  while (recorded && unpainted.size > 0 && !late) await Promise.race([Promise.all(unpainted), patience]);
}
