import type { FluoroHeatmap } from '../shared/heatmap';

const followed = new WeakSet<Element>();

/** Maps on the same axes show the same part of them: each that is scrolled takes the others along. */
export async function scrollTogether(maps: readonly FluoroHeatmap[]): Promise<void> {
  await Promise.all(maps.map((map) => map.updateComplete));
  const boxes = maps.flatMap((map) => map.shadowRoot?.querySelector('.scroll') ?? []);
  for (const box of boxes) {
    if (followed.has(box)) continue;
    followed.add(box);
    box.addEventListener('scroll', () => {
      for (const other of boxes) if (other !== box) other.scrollLeft = box.scrollLeft;
    });
  }
}
