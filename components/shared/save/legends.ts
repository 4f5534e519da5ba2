/** What the colours of figures mean, as it stands beside them on the page. */
const LEGENDS = '.legend, [part~="legend"]';

/** Of each figure those that stand nearest to it: where two are as near, they are of the one that follows them. */
export function legendsOf(figures: readonly Element[]): ReadonlyMap<Element, readonly Element[]> {
  const found = new Map<Element, Element[]>(figures.map((figure) => [figure, []]));
  for (const root of new Set(figures.map((figure) => figure.getRootNode() as ParentNode & Node))) {
    for (const legend of root.querySelectorAll(LEGENDS)) found.get(nearest(legend, figures)!)!.push(legend);
  }
  return found;
}

function nearest(legend: Element, figures: readonly Element[]): Element | undefined {
  let around: Node = legend;
  while (!figures.some((figure) => around.contains(figure))) around = around.parentNode!;
  const near = figures.filter((figure) => around.contains(figure));
  const follows = (figure: Element) => legend.compareDocumentPosition(figure) & Node.DOCUMENT_POSITION_FOLLOWING;
  return near.find(follows) ?? near.at(-1);
}
