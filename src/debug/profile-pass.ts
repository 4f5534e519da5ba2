import { FluoroscopeError } from '../errors';
import type { AskedPass } from '../model/passes';
import type { Edit } from '../program/edits';
import { type Profile, type ProfileOptions, profileSteps } from '../run/profile';
import type { Runner } from '../run/runner';
import { LiveTrace } from '../trace/live';
import type { Trace } from '../trace/trace';
import { assertOwn } from './own-pass';
import { stepAt } from './step-outline';

export type Pass = Pick<AskedPass, 'program' | 'inputs'>;

/**
 * What a trace's pass ran, to run it again.
 *
 * @param edits must be none: the program has its own
 * @throws `not-live`, `usage`, `disposed`
 */
export async function passOf(trace: Trace, isOwn: boolean, edits: readonly Edit[]): Promise<Pass> {
  if (!(trace instanceof LiveTrace)) {
    throw new FluoroscopeError(
      'not-live',
      'This trace is no live one, and has no values for its edits on a GPU. Give the prompt, and the edits, in its place.',
    );
  }
  assertOwn(trace, isOwn);
  if (edits.length > 0) {
    throw new FluoroscopeError('usage', 'A trace has its edits in its program. Give edits with a prompt alone.');
  }
  return { program: trace.program, inputs: await trace.inputs() };
}

/** Runs a pass and times its steps. @throws `step-invalid`; as `Model.run` */
export async function profilePass(
  runner: Runner,
  { program, inputs }: Pass,
  options: ProfileOptions,
): Promise<Profile> {
  for (const step of options.steps ?? []) stepAt(program, step);
  const execution = await runner.run(program, inputs, 'all');
  try {
    const home = (name: string) => {
      const buffer = execution.buffer(name);
      return buffer ? { buffer, offset: 0 } : runner.weights.home(name)!;
    };
    return await profileSteps(runner.gpu, program, home, runner.choice, options);
  } finally {
    runner.release(execution);
  }
}
