/** Of how many lengths a model keeps the program, and that nothing else holds on to those that it lets go. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Passes } from '../../src/model/passes';
import { weightTable } from '../../src/model/weight-table';
import { fuse } from '../../src/program/fuse';
import { grow } from '../../src/run/grow';
import { tinyModel } from '../harness/tiny-model';

const { config } = tinyModel();

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('those of the last 16 lengths stay, while a text grows, and the one that has its room', async () => {
  let built = 0;
  const passes = new Passes({ config, table: weightTable(config, true, 2 ** 28), tokenizer: null }, (program) => {
    built++;
    return program;
  });
  const made: WeakRef<object>[] = [];
  const room = passes.program(1, 64);
  for (let length = 2; length < 60; length++) {
    const own = passes.program(1, length);
    const { program } = grow(own, passes.program(1, 64), new Array(length).fill(0), []);
    made.push(...[own, fuse(own), program].map((one) => new WeakRef(one)));
  }
  expect(passes.program(1, 64)).toBe(room);
  expect(built).toBe(59);
  // What a WeakRef was made of in this turn stays until the next.
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  // Of 58 lengths three each.
  expect(made.filter((one) => one.deref()).length).toBeLessThanOrEqual(3 * 16);
  passes.program(1, 59);
  expect(built).toBe(59);
  passes.program(1, 2);
  expect(built).toBe(60);
});
