import { html, svg, type TemplateResult } from 'lit';
import { gradient, type Rgb } from '../shared/colors';
import { formatValue } from '../shared/text';
import { kindsIn } from './drawn-kind';
import { hatches } from './hatches';
import type { Coloring } from './paint-cells';
import type { Cells } from './pyramid';

/** The colours' ends, and the hatch of each kind of no number that is there. */
export function legendView({ scale, min, max }: Coloring, cells: Cells): TemplateResult {
  const found = kindsIn(cells);
  const shown = [...hatches].flatMap(([kind, hatch]) => ((found & kind) === 0 ? [] : [hatch]));
  const color = (light: Rgb, dark: Rgb) => `light-dark(rgb(${light.join(' ')}), rgb(${dark.join(' ')}))`;
  return html`<div class="legends" part="legend">
    <span class="legend"><span>${formatValue(min)}</span><span .style=${`background: ${gradient(scale)}`}></span><span>${formatValue(max)}</span></span>
    ${shown.map(({ name, light, dark, path }) => {
      const id = `hatch-${name.replace(/\W/g, (sign) => (sign === '+' ? 'plus' : 'minus'))}`;
      return html`<span class="legend"><svg aria-hidden="true">${svg`
        <pattern id=${id} width="6" height="6" patternUnits="userSpaceOnUse">
          <rect width="6" height="6" .style=${`fill: ${color(light[0], dark[0])}`}></rect>
          <path d=${path} stroke-width="2" .style=${`stroke: ${color(light[1], dark[1])}`}></path>
        </pattern>
        <rect width="100%" height="100%" fill="url(#${id})"></rect>`}</svg>
        <span class="word">${name}</span></span>`;
    })}
  </div>`;
}
