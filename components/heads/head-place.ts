import type { EditPlace } from '../shared/edit-actions';

/** A head, to be silenced by its mix of the values: what it adds to the stream is linear in that, without a bias. */
export function headPlace(layer: number, head: number, pos: number, labels: readonly string[]): EditPlace {
  return {
    what: `head ${layer}.${head}`,
    tensor: `blocks.${layer}.attn.hook_z`,
    slice: { head },
    ops: ['zero', 'scale'],
    pos,
    token: labels[pos]!,
  };
}
