/** When a pass can go on from an earlier one, and from which of its buffers. */
import { extend } from '../program/extend';
import { earlier } from '../program/extended-names';
import type { ForwardProgram } from '../program/program';
import { type Retain, retained, stepsFor } from '../program/retain';
import type { Earlier, Inputs } from './execution';

/** As much of an earlier pass as going on takes. */
export interface EarlierPass {
  readonly program: ForwardProgram;
  readonly tokens: readonly (readonly number[])[];
  /** Of a tensor that it has kept. */
  buffer(name: string): GPUBuffer | undefined;
}

export interface GoneOn {
  readonly program: ForwardProgram;
  readonly inputs: Inputs;
  /** Of each tensor whose rows it takes over. */
  readonly earlier: Earlier;
}

/**
 * The pass over `tokens` that computes only what comes after the beginning that both share; null where there is nothing to
 * take: another batch, another first token, an edited or narrowed pass, a tensor that the earlier pass has not kept.
 *
 * @param program of the whole prompt, causal and without edits
 */
export function goOn(
  program: ForwardProgram,
  tokens: readonly (readonly number[])[],
  from: EarlierPass,
  retain: Retain,
): GoneOn | null {
  const past = sharedPositions(tokens, from.tokens);
  const old = from.program.pos;
  if (past === 0 || !sameLayouts(program, from.program)) return null;
  const extension = extend(program, tokens, old, past);
  const steps = stepsFor(extension.program, retained(extension.program, retain), () => false);
  const read = new Set(steps.flatMap(({ inputs }) => Object.values(inputs)));
  const buffers: Record<string, GPUBuffer> = {};
  for (const name of Object.keys(program.tensors)) {
    if (!read.has(earlier(name))) continue;
    const buffer = from.buffer(name);
    if (!buffer) return null;
    if (program.tensors[name]!.axes.includes('query')) buffers[earlier(name)] = buffer;
  }
  const inputs = { tokens: Uint32Array.from(tokens.flat()), ...extension.inputs, ...buffers };
  return { program: extension.program, inputs, earlier: (name) => from.buffer(name)! };
}

/** What going on from a pass comes to after most key presses: only its last token differs, or the last two. */
export function likely({ program, tokens }: Pick<EarlierPass, 'program' | 'tokens'>): ForwardProgram[] {
  const { pos } = program;
  const pasts = [pos - 1, pos - 2].filter((count) => count > 0);
  return pasts.map((past) => extend(program, tokens, pos, past).program);
}

/** Positions that all entries have in common from the first on; at least the last one is computed anew. */
function sharedPositions(tokens: readonly (readonly number[])[], before: readonly (readonly number[])[]): number {
  if (tokens.length !== before.length) return 0;
  const each = tokens.map((list, b) => {
    const differs = list.findIndex((id, pos) => id !== before[b]![pos]);
    return differs < 0 ? list.length : differs;
  });
  return Math.min(...each, tokens[0]!.length - 1);
}

/** Whether the earlier pass has every tensor of the program, with all of its positions. */
function sameLayouts(program: ForwardProgram, { pos, tensors }: ForwardProgram): boolean {
  return Object.entries(program.tensors).every(([name, { axes, shape, role }]) => {
    if (role !== 'activation') return true;
    const before = tensors[name];
    const expected = shape.map((size, i) => (['pos', 'query', 'key'].includes(axes[i]!) ? pos : size));
    return before?.role === 'activation' && before.shape.join() === expected.join();
  });
}
