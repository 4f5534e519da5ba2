import type { FigureTable } from '../shared/figure-table';
import type { Waves } from './card';
import type { Wave } from './neuron-wave';

/** The spectra, and a neuron's activation for every pair of operands; null where neither is shown. */
export function waveTable(waves: Waves | null, wave: Wave | null): FigureTable | null {
  const spectra = (waves?.spectra ?? []).flatMap(({ name, shares }) =>
    shares.map((share, i) => [`spectrum: ${name}`, i + 1, '', '', share]),
  );
  const { cols = 1, values = [] } = wave?.matrix ?? {};
  const pairs = Array.from(values, (value, i) => [
    `neuron 0.${wave!.neuron}`,
    '',
    Math.floor(i / cols),
    i % cols,
    value,
  ]);
  if (spectra.length + pairs.length === 0) return null;
  return {
    caption: wave ? `Spectra, and what neuron 0.${wave.neuron} does for every pair` : 'Spectra of the weights',
    columns: ['figure', 'frequency', 'a', 'b', 'value'],
    rows: [...spectra, ...pairs],
    note: 'Of a spectrum the share of the power, of a neuron its activation. Tests and frequencies are tables already.',
    ...(wave && { tensors: ['blocks.0.mlp.hook_post'], of: { neuron: wave.neuron } }),
  };
}
