import type { ForwardProgram } from '../../src/index';

/** `edit`: what an edit of the stream itself has added to it. */
export type PlaceKind = 'stream' | 'embed' | 'position' | 'attention' | 'mlp' | 'edit' | 'write';

/** A place along the residual stream: the stream itself, or something that is written into it. */
export interface Place {
  readonly key: string;
  readonly kind: PlaceKind;
  readonly tensor: string;
  /** Taken from it: the stream before an edit. */
  readonly minus: string | null;
  readonly label: string;
  readonly layer: number | null;
}

const BEFORE = /:before\d*$/;

/**
 * The stream and what is written into it, in the order of computation, as the program's steps have it: each stream is
 * the sum of the one before and of a write.
 */
export function placesOf({ steps }: ForwardProgram): Place[] {
  const places: Place[] = [];
  const last = lastStream(steps);
  if (last === undefined) return places;
  let name = last;
  let edited = false; // What an edited stream was is what an earlier step has written as its `:before`.
  for (const { kernel, inputs, outputs } of steps.toReversed()) {
    const base = name.replace(BEFORE, '');
    const written = Object.values(outputs).find((one) => (edited ? one.startsWith(`${base}:before`) : one === name));
    if (written === undefined) continue;
    if (edited) places.push(place('stream', name), { ...place('edit', name), minus: written });
    name = written;
    edited = kernel === 'edit';
    if (edited) continue;
    if (kernel !== 'add' || !isStream(name)) break;
    const { a, b } = inputs;
    places.push(place('stream', name), place(kindOf(b!), b!));
    name = a!;
  }
  places.push(place(isStream(name) ? 'stream' : kindOf(name), name));
  return places.reverse();
}

function lastStream(steps: ForwardProgram['steps']): string | undefined {
  const outputs = steps.flatMap((step) => Object.values(step.outputs));
  return outputs.findLast(isStream);
}

function isStream(name: string): boolean {
  return /(^|\.)hook_resid_(pre|mid|post)(:before\d*)?$/.test(name);
}

function kindOf(name: string): PlaceKind {
  if (name.startsWith('hook_embed')) return 'embed';
  if (name.startsWith('hook_pos_embed')) return 'position';
  if (name.endsWith('.hook_attn_out')) return 'attention';
  return name.endsWith('.hook_mlp_out') ? 'mlp' : 'write';
}

function place(kind: PlaceKind, tensor: string): Place {
  const layer = /^blocks\.(\d+)\./.exec(tensor)?.[1];
  const short = {
    stream: '',
    embed: 'token',
    position: 'position',
    attention: 'attn',
    mlp: 'mlp',
    edit: 'edit',
    write: '',
  };
  const own =
    short[kind] ||
    tensor
      .split('.')
      .at(-1)!
      .replace(/^hook_(resid_)?/, '')
      .replace(BEFORE, ' old');
  return {
    key: kind === 'edit' ? `edit of ${tensor}` : tensor,
    kind,
    tensor,
    minus: null,
    label: layer === undefined ? own : `${layer} ${own}`,
    layer: layer === undefined ? null : Number(layer),
  };
}
