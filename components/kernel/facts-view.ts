import { html, nothing, type TemplateResult } from 'lit';
import { describeLayout, type StepOutline } from '../../src/viewer';
import { formatBytes, formatValue } from '../shared/text';
import type { KernelShader } from './kernel-source';

/**
 * What is bound to the shader: ports, uniforms, overrides, workgroup memory, the size of its dispatch. What only the
 * shader tells has its place before that is there.
 */
export function factsView({ ports, uniforms }: StepOutline, shader: KernelShader | null): TemplateResult {
  const bindings = shader?.reflection.bindings ?? [];
  return html`
    <div class="box" part="ports" tabindex="0" role="group" aria-label="What the shader binds">
      <table part="figure">
        <caption class="hidden">What the shader binds</caption>
        <thead>
          <tr><th scope="col">binding</th><th scope="col">port</th><th scope="col">access</th><th scope="col">type</th>
            <th scope="col">shape</th><th scope="col">tensor</th></tr>
        </thead>
        <tbody>
          ${ports.map(({ name, access, dimensions, tensor, layout }, i) => {
            const bound = bindings.find((one) => one.name === name);
            return html`<tr>
              <td>${bound ? `${bound.group}, ${bound.binding}` : `0, ${i + 1}`}</td>
              <th scope="row">${name}</th>
              <td>${access === 'read' ? 'reads' : 'writes'}</td>
              <td>${bound?.type ?? ''}</td>
              <td>[${dimensions.map((one) => `${one.name} ${one.size}`).join(', ')}]</td>
              <td class="tensor">${tensor} <span class="muted">${describeLayout(layout)}${
                layout.stored ? `, stored as ${layout.stored.join(', ')}` : ''
              }</span></td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <dl part="facts">
      <div><dt>Uniforms</dt><dd>${uniforms.map(({ name, type, value }) => constant(name, type, value))}</dd></div>
      ${Object.entries(shader ? told(shader) : UNTOLD).map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
}

const WHAT = [
  'Constants',
  'Workgroup memory',
  'Workgroup',
  'Dispatch',
  'Operations',
  'Bytes',
  'Arithmetic intensity',
] as const;
type What = (typeof WHAT)[number];

const UNTOLD = Object.fromEntries(WHAT.map((what) => [what, '…'])) as Record<What, string>;

function told({ kernel, reflection }: KernelShader): Record<What, unknown> {
  const { dispatch, cost } = kernel;
  const { overrides, workgroupVariables, workgroupSize } = reflection;
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  const constants = overrides.map(({ name, type, value, given }) => {
    const shown = value === null ? 'none' : type === 'bool' ? String(value !== 0) : value;
    return html`${constant(name, type, shown)}${given ? nothing : html` <span class="muted">default</span>`}`;
  });
  const memory = workgroupVariables.map(
    ({ name, type, bytes }) => html`<code>${name}: ${type}</code> ${formatBytes(bytes)} `,
  );
  return {
    Constants: constants.length > 0 ? constants : 'none',
    'Workgroup memory': memory.length > 0 ? memory : 'none',
    Workgroup: `${workgroupSize.join(' × ')} = ${counted(product(workgroupSize), 'lane')}`,
    Dispatch: `${dispatch.join(' × ')} = ${counted(product(dispatch), 'workgroup')}`,
    Operations: `${cost.flops.toLocaleString('en')} FLOP`,
    Bytes: html`reads ${formatBytes(cost.bytesRead)}, writes ${formatBytes(cost.bytesWritten)}
        <span class="muted">each operand once</span>`,
    'Arithmetic intensity': `${formatValue(cost.intensity)} FLOP/byte`,
  };
}

const constant = (name: string, type: string, value: number | string) =>
  html`<code class="constant">${name}: ${type} = ${typeof value === 'number' ? numeral(value) : value}</code>`;

function numeral(value: number): string {
  return Number.isInteger(value) ? String(value).replace(/^-/, '−') : formatValue(value);
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
