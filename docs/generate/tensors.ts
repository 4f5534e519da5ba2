/** docs/reference/tensors.md: every tensor that can be read, drawn from the programs of the models in fixtures/. */
import { hookNames, type Step } from '../../src/program/program';
import { codeCell, inCell, tableText } from './markdown';
import { type Example, examples } from './programs';

/** Axes as TransformerLens's config names their lengths. */
const LENGTHS: Readonly<Record<string, string>> = {
  model: 'd_model',
  dim: 'd_head',
  neuron: 'd_mlp',
  vocab: 'd_vocab_out',
  one: '1',
};

export function tensorPage(): string {
  const all = examples();
  const rows = new Map<string, string[]>();
  for (const example of [...all].reverse()) {
    for (const name of hookNames(example.program)) addRow(rows, name, example);
  }
  const weights = new Map<string, string[]>();
  for (const { program } of [...all].reverse()) {
    for (const [name, { role, axes }] of Object.entries(program.tensors)) {
      const general = generalName(name);
      if (role === 'weight' && !weights.has(general))
        weights.set(general, [codeCell(general), codeCell(axes.join(', '))]);
    }
  }
  return `# Every tensor that can be read

Names, shapes and meanings are TransformerLens's. L is a block. A model without MLPs has no \`mlp\`, one without
normalization no \`ln\`. The table is drawn from the programs that the models in \`fixtures/\` compile to: it holds what
they hold, and a tensor that is not in it cannot be read.

What the pass itself never held is *derived*: it is computed when someone reads it, from values that the pass did hold,
by the kernel that is named.

${tableText({ head: ['name', 'shape', 'written by', 'what the step does'], rows: [...rows.values()] })}

Two names for one buffer: \`blocks.L.hook_resid_pre\` of every block but the first is the \`hook_resid_post\` of the block before.
Where an edit has rewritten a tensor, \`NAME:before\` is what its own step wrote.

## Weights

${tableText({ head: ['name', 'axes'], rows: [...weights.values()] })}

\`trace.read(name, slice)\` reads any activation, \`trace.tensors\` lists them with axes and shape, and a component's
\`tensor\` attribute takes the same names.
`;
}

function addRow(rows: Map<string, string[]>, name: string, { program }: Example): void {
  const general = generalName(name);
  if (rows.has(general)) return;
  const written = program.aliases[name] ?? name;
  const tensor = program.tensors[written]!;
  const writes = ({ outputs }: Step) => Object.values(outputs).includes(written);
  const step = program.steps.find(writes) ?? program.derived.find(writes);
  if (!step) throw new Error(`no step writes ${name}`);
  const shape = tensor.axes.map((axis) => LENGTHS[axis] ?? axis).join(', ');
  const derived = tensor.role === 'derived' ? ' *derived*' : '';
  const kernel = `[\`${step.kernel}\`](../kernels/${step.kernel}.md)`;
  rows.set(general, [codeCell(general), `[${shape}]`, kernel + derived, inCell(generalName(step.about))]);
}

const generalName = (name: string) => name.replace(/blocks\.\d+/g, 'blocks.L');
