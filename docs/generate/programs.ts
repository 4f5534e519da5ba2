/** The forward programs of the models in fixtures/, compiled from their configs: what the tables of tensors and kernels are drawn from. */
import { readFileSync } from 'node:fs';
import { type ModelConfig, parseConfig } from '../../src/model/config';
import { transformer } from '../../src/model/transformer';
import { weightTable } from '../../src/model/weight-table';
import type { ForwardProgram } from '../../src/program/program';

export interface Example {
  readonly model: string;
  /** A text that it runs. */
  readonly prompt: string;
  readonly config: ModelConfig;
  readonly program: ForwardProgram;
}

/** From the smallest to the largest. */
export function examples(): Example[] {
  return [
    example('induction', '<bos> z y a b c d x w v u t s r q p o n m l k j i a b c', 26),
    example('modular-addition', '12 34 =', 3),
    example('shakespeare', 'To be, or not to be', 7),
  ];
}

function example(model: string, prompt: string, pos: number): Example {
  const file = `fixtures/${model}/config.json`;
  const { config, tied } = parseConfig(JSON.parse(readFileSync(file, 'utf8')), file);
  const program = transformer(config, weightTable(config, tied ?? false, Number.POSITIVE_INFINITY), 1, pos);
  return { model, prompt, config, program };
}
