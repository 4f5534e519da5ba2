import type { ForwardProgram, Step } from '../../src/index';

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

/**
 * The stream and what is written into it, in the order of computation, as the program's steps have it: each stream is
 * the sum of the one before and of a write.
 */
export function placesOf(program: ForwardProgram): Place[] {
  const writers = new Map<string, Step>();
  for (const step of program.steps) for (const name of Object.values(step.outputs)) writers.set(name, step);
  const places: Place[] = [];
  let name = lastStream(program);
  while (name !== undefined) {
    const step = writers.get(name);
    const before = step?.kernel === 'edit' ? beforeOf(program, name) : undefined;
    if (before !== undefined) {
      places.push(place('stream', name), { ...place('edit', name), minus: before });
      name = before;
    } else if (step?.kernel === 'add' && isStream(name)) {
      const { a, b } = step.inputs;
      places.push(place('stream', name), place(kindOf(b!), b!));
      name = a;
    } else {
      places.push(place(isStream(name) ? 'stream' : kindOf(name), name));
      break;
    }
  }
  return places.reverse();
}

function lastStream({ steps }: ForwardProgram): string | undefined {
  const outputs = steps.flatMap((step) => Object.values(step.outputs));
  return outputs.findLast(isStream);
}

function isStream(name: string): boolean {
  return /(^|\.)hook_resid_(pre|mid|post)(:before\d*)?$/.test(name);
}

/** What was edited keeps its values under a name of its own. */
function beforeOf({ tensors }: ForwardProgram, name: string): string | undefined {
  const base = name.replace(/:before\d*$/, '');
  return Object.keys(tensors).findLast((one) => one !== name && one.startsWith(`${base}:before`));
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
      .replace(/:before\d*$/, ' old');
  return {
    key: kind === 'edit' ? `edit of ${tensor}` : tensor,
    kind,
    tensor,
    minus: null,
    label: layer === undefined ? own : `${layer} ${own}`,
    layer: layer === undefined ? null : Number(layer),
  };
}
