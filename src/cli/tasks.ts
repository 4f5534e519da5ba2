/** The commands' work by name: what Chrome's page offers and Dawn runs. */
import { attribute } from './commands/attribute';
import { check } from './commands/check';
import { circuits } from './commands/circuits';
import { debug } from './commands/debug';
import { discover } from './commands/discover';
import { embed } from './commands/embed';
import { generate } from './commands/generate';
import { heads } from './commands/heads';
import { lens } from './commands/lens';
import { neuron } from './commands/neuron';
import { patch } from './commands/patch';
import { recover } from './commands/recover';
import { scan } from './commands/scan';
import { trace } from './commands/trace';

export const tasks = {
  trace,
  check,
  debug,
  generate,
  lens,
  attribute,
  patch,
  heads,
  circuits,
  neuron,
  scan,
  discover,
  recover,
  embed,
};

export type TaskName = keyof typeof tasks;
