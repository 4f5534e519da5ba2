import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import type { Neurons } from './read-neurons';

/** The activations of the neurons that are shown, at each position. */
export function neuronTable({ labels, layer, name, count, values }: Neurons, shown: readonly number[]): FigureTable {
  const left = count - shown.length;
  return {
    caption: `Activations of ${shown.length} neuron${shown.length === 1 ? '' : 's'} of layer ${layer}`,
    columns: ['neuron', 'token', 'pos', 'activation'],
    rows: shown.flatMap((neuron) =>
      Array.from(values(neuron), (value, pos) => [neuron, visibleToken(labels[pos]!), pos, value]),
    ),
    ...(left > 0 && {
      note: `The other ${left} neurons of the layer, whose largest activations are smaller, are left out.`,
    }),
    tensors: [name],
    of: { layer },
  };
}
