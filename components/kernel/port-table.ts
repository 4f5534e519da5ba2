import type { StepKernel } from '../../src/index';
import { describeLayout, type StepOutline } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';

/** What the shader of a step binds. */
export function portTable({ step, kernel, ports }: StepOutline, shader: StepKernel | null): FigureTable {
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
    ...(shader && {
      note: `Shader ${shader.variant}, ${shader.dispatch.join(' × ')} workgroups, ${shader.cost.flops} FLOP. Its text is left out.`,
    }),
    of: { step },
  };
}
