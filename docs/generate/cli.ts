/** docs/reference/cli.md: every command and option, from the declarations that parse them. */
import { Command, type Option } from 'commander';
import { declare } from '../../src/cli/arguments';
import { specs } from '../../src/cli/specs';
import { codeCell, inCell, tableText } from './markdown';

/** Options that every command has. */
const COMMON = ['--json', '--backend', '--adapter'];
const PROMPT = ['--prompt', '--tokens'];

export function cliPage(): string {
  const program = new Command('fluoroscope');
  const commands = specs.map((spec) => declare(program, spec));
  const options = commands[0]!.options as readonly Option[];
  const shared = (names: readonly string[]) => names.map((name) => options.find(({ long }) => long === name)!);
  return `# The command line

\`\`\`
fluoroscope COMMAND MODEL [options]
\`\`\`

MODEL is a directory, a URL or a built-in name; a directory of a built-in's name is written \`./induction\`. The command line
drives headless Chrome with WebGPU on the CPU, the same on every machine, unless told otherwise; it finds Chrome, or
installs one and says so.

| | |
|---|---|
${commands.map((command) => `| [\`${command.name()}\`](#${command.name()}) | ${inCell(command.description())} |`).join('\n')}

The exit status is 0; 1 where what was checked does not hold; 2 for bad usage or input, with one sentence on stderr that
begins with its code; 130 after Ctrl-C, 143 after SIGTERM.

## Options of every command

${optionTable(shared(COMMON))}

Commands that run a prompt take one of these:

${optionTable(shared(PROMPT))}

${commands.map(section).join('\n\n')}
`;
}

function section(command: Command): string {
  const own = (command.options as readonly Option[]).filter(({ long }) => ![...COMMON, ...PROMPT].includes(long ?? ''));
  const runs = command.options.some(({ long }) => long === '--prompt');
  const prompt = runs ? '' : '\n\nIt takes no prompt.';
  const description = command.description();
  return `## ${command.name()}\n\n${description[0]!.toUpperCase()}${description.slice(1)}.${prompt}\n\n${optionTable(own)}`;
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map((option) => {
    const choices = option.argChoices ? `: ${option.argChoices.map(codeCell).join(', ')}` : '';
    const initial =
      option.defaultValueDescription ?? (option.defaultValue === undefined ? '' : String(option.defaultValue));
    return [codeCell(option.flags), codeCell(initial), inCell(option.description) + choices];
  });
  return tableText({ head: ['option', 'default', ''], rows });
}
