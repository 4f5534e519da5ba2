/** `--hooks`: which tensors of a run are meant. */
import { FluoroscopeError } from '../errors';
import { fitsGlob } from '../program/glob';
import { nearest } from '../program/nearest';
import { type ForwardProgram, hookNames } from '../program/program';

/**
 * The names that match, in the order of computation. In a glob `*` stands for any run of characters, dots included, and
 * everything else for itself. A glob that matches values which the pass itself held leaves derived ones out, so that
 * `blocks.0.*` does not compute any; `*.hook_result` matches derived ones alone and takes them.
 *
 * @param globs all but the derived ones unless given
 * @throws `tensor-unknown`, with the nearest names, for a glob that matches nothing
 */
export function matchHooks(program: ForwardProgram, globs: readonly string[] | null): string[] {
  const names = hookNames(program);
  const isHeld = (name: string) => program.tensors[name]?.role !== 'derived';
  if (!globs) return names.filter(isHeld);
  const wanted = new Set<string>();
  for (const glob of globs) {
    const matches = names.filter((name) => fitsGlob(glob, name));
    if (matches.length === 0) {
      const near = nearest(glob.replaceAll('*', ''), names).join(', ');
      throw new FluoroscopeError(
        'tensor-unknown',
        `--hooks ${glob} matches no tensor of this model. Near it: ${near}.`,
      );
    }
    const held = matches.filter(isHeld);
    for (const name of held.length > 0 ? held : matches) wanted.add(name);
  }
  return names.filter((name) => wanted.has(name));
}
