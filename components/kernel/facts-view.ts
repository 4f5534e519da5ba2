import { html, nothing, type TemplateResult } from 'lit';
import type { KernelReflection, StepKernel } from '../../src/index';
import { describeLayout } from '../../src/viewer';
import { formatBytes, formatValue } from '../shared/text';

/** What is bound to the shader: ports, uniforms, overrides, workgroup memory, the size of its dispatch. */
export function factsView(kernel: StepKernel, reflection: KernelReflection): TemplateResult {
  const { ports, uniforms, dispatch, cost } = kernel;
  const { overrides, workgroupVariables, workgroupSize, bindings } = reflection;
  const lanes = workgroupSize.reduce((product, size) => product * size, 1);
  const groups = dispatch.reduce((product, size) => product * size, 1);
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
      ${
        overrides.length === 0
          ? nothing
          : html`<div><dt>Constants</dt><dd>${overrides.map(({ name, type, value, given }) => {
              const shown = value === null ? 'none' : type === 'bool' ? String(value !== 0) : value;
              return html`${constant(name, type, shown)}${given ? nothing : html` <span class="muted">default</span>`}`;
            })}</dd></div>`
      }
      ${
        workgroupVariables.length === 0
          ? nothing
          : html`<div><dt>Workgroup memory</dt><dd>${workgroupVariables.map(
              ({ name, type, bytes }) => html`<code>${name}: ${type}</code> ${formatBytes(bytes)} `,
            )}</dd></div>`
      }
      <div><dt>Workgroup</dt><dd>${workgroupSize.join(' × ')} = ${counted(lanes, 'lane')}</dd></div>
      <div><dt>Dispatch</dt><dd>${dispatch.join(' × ')} = ${counted(groups, 'workgroup')}</dd></div>
      <div><dt>Operations</dt><dd>${cost.flops.toLocaleString('en')} FLOP</dd></div>
      <div><dt>Bytes</dt><dd>reads ${formatBytes(cost.bytesRead)}, writes ${formatBytes(cost.bytesWritten)}
        <span class="muted">each operand once, whole</span></dd></div>
      <div><dt>Arithmetic intensity</dt><dd>${formatValue(cost.intensity)} FLOP/byte</dd></div>
    </dl>
  `;
}

const constant = (name: string, type: string, value: number | string) =>
  html`<code class="constant">${name}: ${type} = ${typeof value === 'number' ? numeral(value) : value}</code>`;

function numeral(value: number): string {
  return Number.isInteger(value) ? String(value).replace(/^-/, '−') : formatValue(value);
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
