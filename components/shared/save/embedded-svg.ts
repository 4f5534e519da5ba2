/** What style sheets say of a drawing, and attributes can say too. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'text-anchor',
  'dominant-baseline',
  'paint-order',
  'vector-effect',
  'visibility',
  'display',
];
const SCRIPTED = /^(on.*|style|class|part|tabindex|role|id|aria-.*)$/;

/** An SVG of the page as text that needs no style sheet, in a box of the drawing that it becomes a part of. */
export function embeddedSvg(element: SVGSVGElement, { x, y, width, height }: DOMRect): string {
  const copy = element.cloneNode(true) as SVGSVGElement;
  const originals = [element, ...element.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((one, i) => {
    const style = getComputedStyle(originals[i]!);
    const referred = one.closest('defs') !== null; // A marker or a gradient is found by its id.
    for (const { name } of [...one.attributes]) {
      if (SCRIPTED.test(name) && !(referred && name === 'id')) one.removeAttribute(name);
    }
    for (const name of STYLES) one.setAttribute(name, style.getPropertyValue(name));
  });
  for (const [name, value] of Object.entries({ x, y, width, height, overflow: 'visible' }))
    copy.setAttribute(name, String(value));
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  for (const script of copy.querySelectorAll('script, foreignObject')) script.remove();
  return new XMLSerializer().serializeToString(copy);
}
