/** The command line's arguments, checked as far as that goes without a model. */
import { Command, CommanderError, Option } from 'commander';
import { FluoroscopeError } from '../errors';
import { builtInModels } from '../load-model';
import type { Prompt } from '../model/prompt';
import { packageVersion } from './package-root';

export interface Common {
  /** A directory, a URL or a built-in name. */
  readonly model: string;
  readonly prompt: Prompt;
  readonly json: boolean;
  readonly backend: 'chrome' | 'dawn';
  readonly adapter: 'software' | 'hardware';
}

export interface TraceArguments extends Common {
  readonly command: 'trace';
  readonly out: string;
  readonly hooks: readonly string[] | null;
}

export interface CheckArguments extends Common {
  readonly command: 'check';
}

interface Options {
  readonly prompt?: string;
  readonly tokens?: string;
  readonly hooks?: string;
  readonly out: string;
  readonly json?: true;
  readonly backend: Common['backend'];
  readonly adapter?: Common['adapter'];
}

/**
 * @param say prints what was asked for: the help or the version
 * @returns null where there is nothing more to do
 * @throws `usage`, `token-invalid`
 */
export function parseArguments(
  argv: readonly string[],
  say: (text: string) => void,
): TraceArguments | CheckArguments | null {
  let parsed: TraceArguments | CheckArguments | null = null;
  const program = new Command('fluoroscope')
    .description('Runs a transformer with every intermediate value readable.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: () => undefined })
    .addHelpText('after', '\nExit status: 0; 1 where the check failed; 2 for bad usage or input.');

  const trace = command(program, 'trace', 'writes what a forward pass holds to a .safetensors file')
    .option(
      '--hooks <globs>',
      'tensors to write: hook names, * for any characters, separated by commas (all but derived ones)',
    )
    .requiredOption('--out <file>', 'the file to write');
  trace.action((model: string, options: Options) => {
    const hooks = options.hooks === undefined ? null : splitHooks(options.hooks);
    parsed = { command: 'trace', ...common(model, options), hooks, out: options.out };
  });
  command(program, 'check', 'compares every step with float64 on its own inputs').action(
    (model: string, options: Options) => {
      parsed = { command: 'check', ...common(model, options) };
    },
  );

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

function command(program: Command, name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .argument('<model>', `a directory, a URL, or one of ${builtInModels.join(', ')}`)
    .addOption(new Option('--prompt <text>', 'text, for a model with a tokenizer.json').conflicts('tokens'))
    .option('--tokens <ids>', 'token ids such as 1,2,3; a batch of equally long prompts as 1,2,3;4,5,6')
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
    )
    .allowExcessArguments(false);
}

function common(model: string, { prompt, tokens, json, backend, adapter }: Options): Common {
  if (backend === 'dawn' && adapter) {
    throw usage("--adapter chooses between Chrome's adapters; with --backend dawn the system's Vulkan driver decides.");
  }
  if (prompt === undefined && tokens === undefined)
    throw usage('no prompt was given: add --prompt TEXT or --tokens 1,2,3.');
  return {
    model,
    prompt: prompt ?? parseTokens(tokens!),
    json: json ?? false,
    backend,
    adapter: adapter ?? 'software',
  };
}

/** @throws `token-invalid` for what is no number; which numbers are tokens is the model's to say. */
export function parseTokens(text: string): number[][] {
  return text.split(';').map((list) => {
    if (list.trim() === '') return [];
    return list.split(',').map((id) => {
      if (/^\s*[-+]?\d+(\.\d+)?\s*$/.test(id)) return Number(id);
      const expected = 'expected whole numbers separated by commas, and prompts by semicolons, such as 1,2,3;4,5,6';
      throw new FluoroscopeError(
        'token-invalid',
        `--tokens ${text}: ${JSON.stringify(id)} is no token id; ${expected}.`,
      );
    });
  });
}

function splitHooks(text: string): string[] {
  const globs = text.split(',').map((glob) => glob.trim());
  if (globs.every((glob) => glob !== '')) return globs;
  throw usage(`--hooks ${JSON.stringify(text)} holds an empty name; separate hook names by single commas.`);
}

function usage(message: string): FluoroscopeError {
  return new FluoroscopeError('usage', message);
}
