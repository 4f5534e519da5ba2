import { FluoroscopeError } from '../errors';
import type { Trace } from '../trace/trace';

/** @throws `usage` for a pass of other weights than those of the model that is asked about it */
export function assertOwn({ info }: Trace, isOwn: boolean): void {
  if (isOwn) return;
  throw new FluoroscopeError(
    'usage',
    `This trace is a pass of ${info.model}, which has other weights than this model. Ask the model that ran it.`,
  );
}
