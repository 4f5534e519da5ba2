/** From a prompt to the program that answers it, for whoever runs it: the GPU's runner or float64 on the CPU. */
import { FluoroscopeError } from '../errors';
import { checkProgram } from '../program/check';
import { type Edit, type EditedProgram, editProgram } from '../program/edits';
import { narrow, type Shared } from '../program/narrow';
import type { ForwardProgram } from '../program/program';
import type { Retain } from '../program/retain';
import { known } from '../program/select';
import { show } from '../tensor/show';
import { select } from '../tensor/slice';
import type { ModelConfig } from './config';
import { type Prompt, tokensOf } from './prompt';
import type { Tokenizer } from './tokenizer';
import { transformer, type WeightTable } from './transformer';

/** What a pass is to compute. */
export interface PassOptions {
  /** Interventions: they rewrite the program, and what was there before stays readable. */
  readonly edits?: readonly Edit[];
  /**
   * Changes the program before it runs, and before the edits: another eps in one layernorm, another shader (`variant`) in
   * one step. `check` compares what ran with the model's own.
   */
  readonly rewrite?: (program: ForwardProgram) => ForwardProgram;
  /**
   * What the pass is for, unless it is the logits: steps that lead neither there nor to what is retained do not run.
   */
  readonly output?: string;
  /**
   * The only positions at which the output is wanted; −1 is the last. What comes after the last layer's attention runs
   * for these alone, with equal bits, and its tensors have no others. Derived tensors cannot be read.
   */
  readonly positions?: readonly number[];
  /**
   * With `positions`, in a causal model: for each entry of the batch, up to which position it is as another. What comes
   * before the last layer's attention then runs for these once, with equal bits.
   */
  readonly shared?: readonly Shared[];
}

export interface RunOptions extends PassOptions {
  /** What stays readable without a replay; `'all'` unless given. */
  readonly retain?: Retain;
}

/** A program and the values of its inputs, the tokens among them. */
export interface AskedPass {
  readonly program: ForwardProgram;
  readonly inputs: Readonly<Record<string, Uint32Array | Float32Array>>;
  /** Token ids [batch][pos]. */
  readonly tokens: readonly (readonly number[])[];
  /** The tokens as text, for display [batch][pos]. */
  readonly labels: readonly (readonly string[])[];
  /** Whether the program is the model's very own, neither edited, rewritten nor narrowed. */
  readonly plain: boolean;
}

/** What of a model decides its passes. */
export interface PassSource {
  readonly config: ModelConfig;
  readonly table: WeightTable;
  readonly tokenizer: Tokenizer | null;
}

/** Options come from callers in JavaScript too. @throws `usage` for what is no object */
export function checkOptions<Options extends object>(options: Options): Options {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options;
  throw new FluoroscopeError('usage', `The options are ${show(options)}, expected an object such as { edits }.`);
}

/** How many shapes' programs are kept: a text needs two, what is typed the last few. */
const KEPT = 16;

/** The passes that one model can be asked for. */
export class Passes {
  /** Of the shapes asked for last, the latest last. */
  readonly #programs = new Map<string, ForwardProgram>();

  /** @param finished gives each step what its runner adds to it, such as the name of the shader that runs it */
  constructor(
    private readonly source: PassSource,
    private readonly finished: (program: ForwardProgram) => ForwardProgram = (program) => program,
  ) {}

  /**
   * The forward pass for prompts of this shape, checked.
   *
   * @throws `usage` for a shape that no prompt has; `program-invalid`
   */
  program(batch: number, pos: number): ForwardProgram {
    const { config, table } = this.source;
    const programs = this.#programs;
    const key = `${batch}×${pos}`;
    let program = programs.get(key);
    if (!program) {
      if (![batch, pos].every((size) => Number.isInteger(size) && size > 0) || pos > config.n_ctx) {
        throw new FluoroscopeError(
          'usage',
          `The shape is ${show(batch)} × ${show(pos)}, expected 1 or more prompts × 1 to ${config.n_ctx} tokens.`,
        );
      }
      program = this.finished(transformer(config, table, batch, pos));
      checkProgram(program);
    }
    programs.delete(key);
    programs.set(key, program);
    if (programs.size > KEPT) programs.delete(programs.keys().next().value!);
    return program;
  }

  /**
   * @throws `prompt-empty`, `prompt-too-long`, `prompt-ragged`, `token-invalid`, `no-tokenizer`, `tensor-unknown`,
   * `slice-invalid`, `edit-invalid`, `usage`, `program-invalid`
   */
  asked(prompt: Prompt, { edits = [], rewrite, output, positions, shared, ...others }: PassOptions = {}): AskedPass {
    const { config, tokenizer } = this.source;
    for (const other in others) throw new FluoroscopeError('usage', `A pass has no option ${other}.`);
    const tokens = tokensOf(prompt, config, tokenizer);
    const own = this.program(tokens.length, tokens[0]!.length);
    const edited = this.#edited(own, edits, rewrite);
    const whole = output === undefined ? edited.program : { ...edited.program, output: known(edited.program, output) };
    const { program, inputs: rows } = positions
      ? narrow(whole, positionsOf(tokens, positions), shared)
      : { program: whole, inputs: {} };
    return {
      program,
      inputs: { tokens: Uint32Array.from(tokens.flat()), ...edited.inputs, ...rows },
      tokens,
      labels: tokens.map((ids) => ids.map((id) => tokenizer?.token(id) ?? String(id))),
      plain: program === own,
    };
  }

  #edited(
    own: ForwardProgram,
    edits: readonly Edit[],
    rewrite: PassOptions['rewrite'],
  ): Pick<EditedProgram, 'program' | 'inputs'> {
    const program = rewrite === undefined ? own : typeof rewrite === 'function' && rewrite(own);
    if (!program || !Array.isArray(program.steps)) {
      throw new FluoroscopeError('usage', `rewrite is ${show(rewrite)}, expected a function that gives a program.`);
    }
    const edited = editProgram(program, edits);
    if (edited.program === own) return edited;
    checkProgram(edited.program);
    return { ...edited, program: this.finished(edited.program) };
  }
}

/** Positions from 0. @throws `slice-invalid` */
function positionsOf(tokens: readonly (readonly number[])[], positions: readonly number[]): number[] {
  if (!Array.isArray(positions)) {
    throw new FluoroscopeError('slice-invalid', `positions is ${show(positions)}, expected a list such as [-1].`);
  }
  const layout = { axes: ['pos'], shape: [tokens[0]!.length] } as const;
  return positions.map((pos) => select('The output', layout, { pos }).runs[0]!.from);
}
