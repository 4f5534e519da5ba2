import type { StepKernel } from '../../src/index';
import { describeLayout } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';

/** What the shader of a step binds. */
export function portTable({ step, kernel, variant, ports, dispatch, cost }: StepKernel): FigureTable {
  return {
    caption: `What step ${step}, ${kernel}, binds`,
    columns: ['port', 'access', 'shape', 'tensor', 'layout'],
    rows: ports.map(({ name, access, dimensions, tensor, layout }) => [
      name,
      access === 'read' ? 'reads' : 'writes',
      dimensions.map((one) => `${one.name} ${one.size}`).join(', '),
      tensor,
      describeLayout(layout),
    ]),
    note: `Shader ${variant}, ${dispatch.join(' × ')} workgroups, ${cost.flops} FLOP. Its text is left out.`,
    of: { step },
  };
}
