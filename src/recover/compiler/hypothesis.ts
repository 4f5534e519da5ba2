import { FluoroscopeError } from '../../errors';
import { uniform } from '../../tensor/random';
import type { Behaviour } from '../behaviour';
import type { Hypothesis, RecoverableModel } from '../hypothesis';
import { evaluate } from '../program';
import type { Alignment } from './alignment';
import { claimOf } from './claim';
import type { Compiled } from './compile';

export interface CompiledHypothesisOptions {
  /** Random prompts of the behaviour; 256 unless given. */
  readonly prompts?: number;
  /** Pairs of prompts of each interchange test; 256 unless given. */
  readonly pairs?: number;
  readonly seed?: number;
}

/**
 * The hypothesis that a compiled model carries out its program with its variables where an alignment says, tested as
 * any other. With the model's own alignment it is true; with another it has to be refuted.
 *
 * @throws `analysis-invalid` where the alignment and the program do not have the same variables
 */
export function hypothesisOf(
  compiled: Compiled,
  alignment: Alignment = compiled.alignment,
  { prompts = 256, pairs = 256, seed = 0 }: CompiledHypothesisOptions = {},
): Hypothesis {
  checkVariables(compiled, alignment);
  return {
    name: `compiled-${compiled.name}`,
    title: compiled.title,
    source: 'Lindner et al. 2023, Tracr: Compiled Transformers as a Laboratory for Interpretability, arXiv:2301.05062',
    applies: (model) => whyNot(compiled, model),
    behaviour: () => behaviourOf(compiled, prompts, seed),
    study: (subject) => claimOf(subject, compiled, alignment, { pairs, seed }),
  };
}

/** Random prompts, and what the program answers at each position after the beginning token. */
function behaviourOf({ program, prompt, config }: Compiled, count: number, seed: number): Behaviour {
  const next = uniform(seed);
  const prompts = Array.from({ length: count }, () => prompt(next));
  const positions = Array.from({ length: config.n_ctx - 1 }, (_, i) => i + 1);
  const answers = prompts.map((ids) => {
    const { output } = evaluate(program, ids);
    return positions.map(output);
  });
  const counts = new Map<number, number>();
  const given = answers.flat().filter((answer) => !Number.isNaN(answer));
  for (const answer of given) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return { prompts, positions, answers, chance: Math.max(...counts.values()) / given.length };
}

function checkVariables({ name, program }: Compiled, alignment: Alignment): void {
  const known = Object.keys(program.variables);
  const unknown = Object.keys(alignment).find((variable) => !known.includes(variable));
  if (unknown !== undefined) {
    const expected = `expected ${known.join(', ')}`;
    throw new FluoroscopeError(
      'analysis-invalid',
      `${name}: the alignment places ${unknown}, a variable that the program does not have; ${expected}.`,
    );
  }
  const missing = known.find((variable) => !Object.hasOwn(alignment, variable));
  if (missing === undefined) return;
  throw new FluoroscopeError(
    'analysis-invalid',
    `${name}: the alignment lacks ${missing}; every variable needs a place.`,
  );
}

const COMPARED = ['n_layers', 'n_heads', 'd_model', 'd_head', 'd_mlp', 'd_vocab', 'd_vocab_out', 'n_ctx'] as const;

function whyNot({ name, config }: Compiled, model: RecoverableModel): string | null {
  const size = COMPARED.find((field) => model.config[field] !== config[field]);
  if (!size) return null;
  return `${model.name} has ${size} ${model.config[size]}; ${name} was compiled to a model with ${config[size]}.`;
}
