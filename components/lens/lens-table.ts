import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import type { Lens } from './lens-data';

/** Every cell of the lens with all that it holds; probabilities as shares, entropy and KL in nats. */
export function lensTable({ labels, streams }: Lens): FigureTable {
  return {
    caption: 'Logit lens: what the model would answer from each residual stream',
    columns: [
      'stream',
      'token',
      'pos',
      'likeliest',
      'its probability',
      'next',
      'probability',
      'rank',
      'entropy',
      'KL to the end',
    ],
    rows: streams.flatMap(({ label, cells }) =>
      cells.map(({ pos, top, followed, entropy, kl }) => [
        label,
        visibleToken(labels[pos]!),
        pos,
        top[0] ? visibleToken(top[0].text) : '',
        top[0]?.probability ?? '',
        followed ? visibleToken(followed.text) : '',
        followed?.probability ?? '',
        followed?.rank ?? '',
        entropy,
        kl,
      ]),
    ),
    note: 'Of each cell the likeliest token and the one that comes next; the other tokens are left out.',
    tensors: streams.map(({ name }) => name),
  };
}
