/** docs/kernels/fusions.md: several steps as one dispatch, with the shaders that do it. */
import { fusions } from '../../src/kernels/fusions';
import { prose, tableText } from './markdown';

export function fusionPage(): string {
  const all = Object.values(fusions);
  const rows = all.map(({ name, kernels }) => [
    `\`${name}\``,
    kernels.map((kernel) => `[\`${kernel}\`](./${kernel}.md)`).join(', then '),
    [...new Set(kernels)].length === 1 ? 'side by side' : 'one on what the other writes',
  ]);
  const shaders = new Map(all.flatMap(({ variants }) => variants.map(({ code }) => [fileOf(code), code] as const)));
  return `# Fused steps

Steps that follow each other can run as one dispatch: one shader that writes all that the steps would write, in the same
bits. The program keeps its steps, each with its own kernel, reference and bound, and all their outputs can be read. What a
fusion saves is dispatches, and nothing is hidden by it. Where an edit falls between two steps, they run one by one.

${tableText({ head: ['fusion', 'of the steps', 'how'], rows })}

${[...shaders].map(([file, code]) => `## \`${file}\`\n\n${prose(sentence(code))}\n\n\`\`\`wgsl\n${code.trim()}\n\`\`\``).join('\n\n')}
`;
}

/** A shader's header begins with its file's name. */
const fileOf = (code: string) => /^\/\/ (\w+):/.exec(code)![1]!;

/** What the header says before it names the ports. */
function sentence(code: string): string {
  const lines = /^(?:\/\/.*\n)+/
    .exec(code)![0]
    .split('\n')
    .map((line) => line.replace(/^\/\/ ?/, ''));
  const text = lines
    .slice(0, lines.indexOf(''))
    .join(' ')
    .replace(/^\w+: /, '');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
