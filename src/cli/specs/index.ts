import { attribute } from './attribute';
import { check } from './check';
import { circuits } from './circuits';
import { debug } from './debug';
import { discover } from './discover';
import { embed } from './embed';
import { generate } from './generate';
import { heads } from './heads';
import { lens } from './lens';
import { neuron } from './neuron';
import { patch } from './patch';
import { recover } from './recover';
import { scan } from './scan';
import { trace } from './trace';

/** All commands, in the order of the help. */
export const specs = [
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
];
