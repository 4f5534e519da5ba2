/**
 * Passes that follow each other, each with some tokens more, over buffers with room for those to come: keys and values,
 * and whatever else is kept, are not copied from one pass to the next. Each appends its rows to them.
 */
import { extend } from '../program/extend';
import { later } from '../program/extended-names';
import { fuse } from '../program/fuse';
import type { ForwardProgram } from '../program/program';
import { type Retain, retained } from '../program/retain';
import type { Values } from './execution';

export interface Grown {
  /** What runs, and nothing that it has no need of is joined; its output is that of the new positions. */
  readonly program: ForwardProgram;
  /** The same at the last length that there is room for: it has the sizes of the buffers. */
  readonly room: ForwardProgram;
  readonly keep: readonly string[];
  readonly inputs: Values;
}

/**
 * @param whole the causal program of all positions, without edits; one prompt
 * @param largest the same for as many positions as there is to be room for
 * @param tokens one list, of which an earlier pass has done all but the last
 * @param retain of what later passes and readers want kept; keys and values always are
 */
export function grow(whole: ForwardProgram, largest: ForwardProgram, tokens: readonly number[], retain: Retain): Grown {
  const past = tokens.length - 1;
  const { program, inputs } = extend(whole, [tokens], past, past);
  const output = later(whole.output);
  return {
    program: fuse({ ...program, output }),
    room: roomFor(largest),
    keep: kept(whole, retain),
    inputs: { ...inputs, tokens: Uint32Array.from(tokens) },
  };
}

const rooms = new WeakMap<ForwardProgram, ForwardProgram>();

function roomFor(largest: ForwardProgram): ForwardProgram {
  let room = rooms.get(largest);
  if (!room) {
    const { pos, output } = largest;
    const { program } = extend(largest, [new Array<number>(pos).fill(0)], pos - 1, pos - 1);
    rooms.set(largest, (room = fuse({ ...program, output: later(output) })));
  }
  return room;
}

/**
 * A tensor over positions is kept whole. Of one over queries, whose rows grow longer with each pass, the new rows are:
 * those before can be replayed from queries and keys. So are derived ones.
 */
function kept(whole: ForwardProgram, retain: Retain): string[] {
  return withKeysAndValues(whole, retain)
    .filter((name) => whole.tensors[name]!.role === 'activation')
    .map((name) => (whole.tensors[name]!.axes.includes('query') ? later(name) : name));
}

/**
 * The whole pass that a text begins with, and what it keeps: what was asked for, keys and values where later passes go on
 * from it, and of the logits, which are as wide as the vocabulary, only the stream that they come from: those of the last
 * position are computed from it.
 */
export function begin(
  whole: ForwardProgram,
  retain: Retain,
  goneOnFrom: boolean,
): { readonly program: ForwardProgram; readonly keep: readonly string[] } {
  const keep = goneOnFrom ? withKeysAndValues(whole, retain) : asked(whole, retain);
  const written = whole.steps.flatMap(({ outputs }) => Object.values(outputs));
  const streams = written.filter((name) => name.endsWith('hook_resid_post'));
  const output = named(retain, whole.output) || whole.pos === 1 ? whole.output : (streams.at(-1) ?? whole.output);
  return { program: { ...whole, output }, keep };
}

/** What is to be kept and what attention reads of earlier positions. */
function withKeysAndValues(whole: ForwardProgram, retain: Retain): string[] {
  const read: Readonly<Record<string, string>> = { attn_scores: 'k', attn_mix: 'v' };
  const attended = whole.steps.flatMap(({ kernel, inputs }) => (read[kernel] ? [inputs[read[kernel]]!] : []));
  return [...new Set([...asked(whole, retain), ...attended])];
}

/** The logits are kept where they are named. */
function asked(whole: ForwardProgram, retain: Retain): string[] {
  return [...retained(whole, retain)].filter((name) => name !== whole.output || named(retain, name));
}

const named = (retain: Retain, name: string) => retain === 'all' || (retain !== 'checkpoints' && retain.includes(name));
