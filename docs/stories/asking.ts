/** A `<fluoro-buffer>` that follows the token chosen elsewhere, and the place that is asked about. */
import type { FluoroBuffer } from '../../components/buffer/buffer';
import type { FluoroModel } from '../../components/model/model';
import type { Axis, Index } from '../../src/index';

export interface Asked {
  readonly tensor: string;
  readonly index: Index;
}

/** Where a map's active element is: every axis of its tensor, 0 where nothing was chosen, the last where it said −1. */
export function activePlace(buffer: FluoroBuffer, model: FluoroModel): Asked | null {
  const { tensor, index } = buffer;
  const layout = tensor === null ? undefined : model.trace?.program.tensors[tensor];
  if (!tensor || !layout) return null;
  const place = layout.axes.map((axis, i) => {
    const at = index[axis] ?? 0;
    const size = layout.shape[i]!;
    return [axis, Math.min(at < 0 ? at + size : at, size - 1)] as const;
  });
  return { tensor, index: Object.fromEntries(place) as Index };
}

/** Moves the map to the token that was chosen: along `pos`, or `query` where the tensor has queries. */
export function follow(buffer: FluoroBuffer, model: FluoroModel): void {
  const axes: readonly Axis[] = (buffer.tensor && model.trace?.program.tensors[buffer.tensor]?.axes) || [];
  const axis = (['pos', 'query'] as const).find((one) => axes.includes(one));
  const { pos } = model.selection;
  if (axis && buffer.index[axis] !== pos) buffer.index = { ...buffer.index, [axis]: pos };
}
