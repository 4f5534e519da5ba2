import { resolve } from '../program/program';
import type { Trace } from '../trace/trace';

/** The name under which a trace holds a tensor, its own or an alias; undefined where it holds it under none. */
export function heldAs({ names, program }: Trace, tensor: string): string | undefined {
  return names.includes(tensor) ? tensor : names.find((name) => resolve(program, name) === tensor);
}
