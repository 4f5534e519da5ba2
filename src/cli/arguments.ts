/** The command line's arguments, checked as far as that goes without a model. */
import { Command, CommanderError, Option } from 'commander';
import { builtInModels } from '../built-in';
import type { Prompt } from '../model/prompt';
import { parseTokens, usage } from './options';
import { packageVersion } from './package-root';
import type { AnySpec, Common } from './spec';
import { specs } from './specs';

export interface Arguments extends Common {
  readonly command: AnySpec;
  /** null where the command takes none, or none was given. */
  readonly prompt: Prompt | null;
  /** The command's own, parsed. */
  readonly options: Readonly<Record<string, unknown>>;
}

interface CommonOptions extends Readonly<Record<string, unknown>> {
  readonly prompt?: string;
  readonly tokens?: number[][];
  readonly json?: true;
  readonly backend: Common['backend'];
  readonly adapter?: Common['adapter'];
  readonly out?: string;
}

/**
 * @param say prints what was asked for: the help or the version
 * @returns null where there is nothing more to do
 * @throws `usage`, `token-invalid`, `edit-invalid`
 */
export function parseArguments(argv: readonly string[], say: (text: string) => void): Arguments | null {
  let parsed: Arguments | null = null;
  const program = new Command('fluoroscope')
    .description('Runs a transformer with every intermediate value readable.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: () => undefined })
    .addHelpText(
      'after',
      '\nExit status: 0; 1 where what was checked does not hold; 2 for bad usage or input; 130 for Ctrl-C.',
    );
  for (const spec of specs) {
    declare(program, spec).action((model: string, options: CommonOptions) => {
      parsed = read(spec, model, options);
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    const what = error.code === 'commander.help' ? 'no command was given' : error.message.replace(/^error: /, '');
    const about = program.commands.find((known) => known.name() === argv[0])?.name();
    throw usage(`${what.replace(/\.?\s*$/, '')}; see fluoroscope ${about ? `${about} ` : ''}--help.`);
  }
  return parsed;
}

/** Declares a command with its options, without what it does. */
export function declare(program: Command, { name, about, prompt, declare }: AnySpec): Command {
  const command = program
    .command(name)
    .description(about)
    .argument('<model>', `a directory, a URL, or one of ${builtInModels.join(', ')}`)
    .allowExcessArguments(false);
  if (prompt !== 'none') {
    command
      .addOption(new Option('--prompt <text>', 'text, for a model with a tokenizer.json').conflicts('tokens'))
      .addOption(
        new Option(
          '--tokens <ids>',
          'token ids such as 1,2,3; a batch of equally long prompts as 1,2,3;4,5,6',
        ).argParser((text) => parseTokens(text)),
      );
  }
  declare?.(command);
  return command
    .option('--json', 'print JSON')
    .addOption(
      new Option('--backend <name>', 'headless Chrome, or Dawn in this process')
        .choices(['chrome', 'dawn'])
        .default('chrome'),
    )
    .addOption(
      new Option(
        '--adapter <kind>',
        "Chrome's: SwiftShader on the CPU, or this machine's GPU (default: software)",
      ).choices(['software', 'hardware']),
    );
}

function read(command: AnySpec, model: string, given: CommonOptions): Arguments {
  const { prompt, tokens, json = false, backend, adapter, out = null, ...options } = given;
  if (backend === 'dawn' && adapter) {
    throw usage("--adapter chooses between Chrome's adapters; with --backend dawn the system's Vulkan driver decides.");
  }
  if (prompt === undefined && tokens === undefined && (command.prompt ?? 'required') === 'required') {
    throw usage('no prompt was given: add --prompt TEXT or --tokens 1,2,3.');
  }
  const asked = prompt ?? tokens ?? null;
  return { command, model, prompt: asked, json, backend, adapter: adapter ?? 'software', out, options };
}
