/** Where between two steps a session may stop, by what a step writes: an index shifts where an edit is inserted. */
import { FluoroscopeError } from '../errors';
import { fitsGlob } from '../program/glob';
import { nearest } from '../program/nearest';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { known } from '../program/select';

export type When = 'before' | 'after';

export interface Place {
  /** What the step writes. */
  readonly tensor: string;
  readonly when: When;
}

/**
 * @param at a step's index, a hook name, an alias or a glob of such
 * @param when a name means after the step that writes it, and an index before the step, unless given
 * @throws `tensor-unknown` with the nearest names, `breakpoint-invalid`
 */
export function placesOf(program: ForwardProgram, at: number | string, when?: When): Place[] {
  if (when !== undefined && when !== 'before' && when !== 'after') {
    throw cannotStop(`when is ${JSON.stringify(when)}, expected "before" or "after".`);
  }
  if (typeof at === 'string') return tensorsOf(program, at).map((tensor) => ({ tensor, when: when ?? 'after' }));
  const step = typeof at === 'number' ? program.steps[at] : undefined;
  if (!step) throw cannotStop(`there is no step ${at}: this program has the steps 0 to ${program.steps.length - 1}.`);
  const written = Object.values(step.outputs);
  return [{ tensor: when === 'after' ? written.at(-1)! : written[0]!, when: when ?? 'before' }];
}

/** The index of the step that comes next at a place. */
export function indexOf(program: ForwardProgram, { tensor, when }: Place): number {
  const writer = program.steps.findIndex(({ outputs }) => Object.values(outputs).includes(tensor));
  return when === 'before' ? writer : writer + 1;
}

/**
 * The tensors that the pass's steps write and that a name or a glob means.
 *
 * @throws `tensor-unknown` with the nearest names, `breakpoint-invalid`
 */
export function tensorsOf(program: ForwardProgram, at: string): string[] {
  const names = at.includes('*') ? matching(program, at) : [known(program, at)];
  const written = new Set(program.steps.flatMap(({ outputs }) => Object.values(outputs)));
  const tensors = new Set(names.map((name) => resolve(program, name)).filter((name) => written.has(name)));
  if (tensors.size > 0) return [...tensors];
  const [name] = names;
  const derived = program.derived.find(({ outputs }) => Object.values(outputs).includes(name!));
  const from = derived && Object.values(derived.inputs).find((input) => written.has(input));
  throw cannotStop(
    from
      ? `the pass never holds ${at}: it is derived from ${from}, where a breakpoint can be.`
      : `no step of the pass writes ${at}.`,
  );
}

function matching(program: ForwardProgram, glob: string): string[] {
  const names = hookNames(program);
  const matches = names.filter((name) => fitsGlob(glob, name));
  if (matches.length > 0) return matches;
  throw new FluoroscopeError(
    'tensor-unknown',
    `${glob} matches no tensor of this program. Near it: ${nearest(glob.replaceAll('*', ''), names).join(', ')}.`,
  );
}

/** A breakpoint that no session can have. */
export function cannotStop(what: string): FluoroscopeError {
  return new FluoroscopeError('breakpoint-invalid', `A session cannot stop there: ${what}`);
}
