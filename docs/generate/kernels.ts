/** docs/kernels: a page per kernel, of its shaders, its declaration in src/kernels and the mathematics of docs/maths. */
import { readFileSync } from 'node:fs';
import { kernels } from '../../src/kernels';
import type { Kernel, Port, Variant } from '../../src/kernels/kernel';
import { fusionPage } from './fusions';
import { codeCell, inCell, prose, tableText } from './markdown';
import { type Example, examples } from './programs';

export function kernelPages(): Record<string, string> {
  const programs = examples();
  const pages = Object.values(kernels).map((kernel) => [kernel.name, page(kernel, programs)] as const);
  return { index: index(programs), fusions: fusionPage(), ...Object.fromEntries(pages) };
}

function index(programs: readonly Example[]): string {
  const rows = Object.values(kernels).map((kernel) => {
    const used = programs.filter(({ program }) => stepsOf(program, kernel).length > 0).map(({ model }) => model);
    return [`[\`${kernel.name}\`](./${kernel.name}.md)`, inCell(headline(kernel)), used.join(', ')];
  });
  return `# The kernels

A forward pass is a list of steps, and each step is one of these kernels. The WGSL on a kernel's page is the file that
runs, byte for byte. Beside it stand what each port holds, the same function in float64, and how far a correct shader may
lie from it.

${tableText({ head: ['kernel', 'computes', 'in the passes of'], rows })}

A kernel may have variants: the same ports, the same tests, another way to compute. The clear one is the one to read; which
one runs is measured on the device when the first model loads, and a trace records it. Steps that follow each other may run as
one dispatch, with the same bits: [fused steps](./fusions.md). The shaders for quads take large or small blocks, by the sizes of
the step, again with the same bits: a small one compiles in a third of the time and computes nothing for rows that are not there.
What a page's first prompt takes is compiled while the weights arrive.

[How exactness is established](../guide/exactness.md) says what the bounds are made of and who checks them.
`;
}

function page(kernel: Kernel, programs: readonly Example[]): string {
  const { name, ports, uniforms, variants, formula } = kernel;
  const [maths, bound] = mathsOf(name);
  const symbols = Object.values(formula).map((line) => `\`\`\`text\n${line}\n\`\`\``);
  const constants = uniforms.map((one) => `\`${one.name}\` ${one.type}`).join(', ');
  return `# \`${name}\`

${prose(headline(kernel))}.

${maths}

## Ports

${tableText({ head: ['port', '', 'type', 'shape'], rows: ports.map(portRow) })}

Uniforms: ${constants}.

As one element of each output:

${symbols.join('\n\n')}

${bound}

${uses(kernel, programs)}

## ${variants.length > 1 ? 'The shaders' : 'The shader'}

${variants.map((variant) => shader(variant, variants.length > 1)).join('\n\n')}
`;
}

function uses(kernel: Kernel, programs: readonly Example[]): string {
  const example = programs.find(({ program }) => stepsOf(program, kernel).length > 0);
  if (!example)
    return '## In a pass\n\nNone of the models in `fixtures/` needs it: it runs where a pass is edited or goes on from an earlier one, or in models of another make.';
  const { model, prompt, program } = example;
  const [first] = stepsOf(program, kernel);
  const rows = stepsOf(program, kernel).map((at) => {
    const { outputs, about } = program.steps[at]!;
    return [String(at), Object.values(outputs).map(codeCell).join(', '), inCell(about)];
  });
  return `## In a pass

Steps of \`${model}\` on \`${prompt}\`:

${tableText({ head: ['step', 'writes', ''], rows })}

Here is the first of them, recorded. Run it live, load a workgroup, and step through it on the values of the pass.

\`\`\`html live
<fluoro-model src="${model}" trace="/traces/${model}.safetensors" prompt="${prompt}">
  <fluoro-kernel step="${first}"></fluoro-kernel>
</fluoro-model>
\`\`\``;
}

function stepsOf({ steps }: Example['program'], { name }: Kernel): number[] {
  return steps.flatMap(({ kernel }, at) => (kernel === name ? [at] : []));
}

function portRow({ name, access, type, shape }: Port): string[] {
  return [codeCell(name), access === 'read' ? 'read' : 'written', type, `[${shape.join(', ')}]`];
}

function shader({ name, code }: Variant, several: boolean): string {
  return `${several ? `### ${capital(name)}\n\n` : ''}\`\`\`wgsl\n${code.trim()}\n\`\`\``;
}

/** What the shader's header says that it computes. */
function headline({ variants }: Kernel): string {
  const header = /^(\/\/ .*\n)+/.exec(variants[0].code)![0];
  const sentence = header.split('\n').map((line) => line.replace(/^\/\/ ?/, ''));
  return sentence
    .slice(0, sentence.indexOf(''))
    .join(' ')
    .replace(/^\w+: /, '');
}

/** What docs/maths has on a kernel: what it computes, and its error bound. */
function mathsOf(name: string): [maths: string, bound: string] {
  const [maths, bound, ...more] = readFileSync(`docs/maths/${name}.md`, 'utf8').split(/^(?=## )/m);
  if (more.length > 0 || !maths?.includes('```math') || !bound?.startsWith('## Error bound')) {
    throw new Error(`docs/maths/${name}.md: expected a formula, then a section "Error bound"`);
  }
  return [maths.trim(), bound.trim()];
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
