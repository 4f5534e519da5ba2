import { headPlace } from '../heads/head-place';
import type { EditPlace } from '../shared/edit-actions';
import type { Bar } from './attribution-data';

/**
 * What a bar stands for, to be edited: an MLP by its neurons, since its bar is without the bias. null for what is no
 * activation: a bias, the rest of a sum, an edit.
 */
export function barPlace(bar: Bar | undefined, pos: number, labels: readonly string[]): EditPlace | null {
  if (!bar) return null;
  const { kind, name, label, layer, head, neuron } = bar;
  const whole = { what: label, slice: {}, ops: ['zero', 'scale'], pos, token: labels[pos]! } as const;
  switch (kind) {
    case 'embed':
    case 'pos_embed':
      return { ...whole, tensor: name };
    case 'head':
      return headPlace(layer!, head!, pos, labels);
    case 'mlp':
      return { ...whole, tensor: `blocks.${layer}.mlp.hook_post` };
    case 'neuron':
      return { ...whole, tensor: `blocks.${layer}.mlp.hook_post`, slice: { neuron: neuron! } };
    default:
      return null;
  }
}
