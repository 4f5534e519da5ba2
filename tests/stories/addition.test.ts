/** The experiment of "The algorithm that SGD wrote", run again, against what the page has recorded of it. */
import { expect, test } from 'vitest';
import { silenceWaves, wavesOf } from '../../docs/stories/waves';
import recorded from '../../docs/stories/waves.json';
import disguised from '../../fixtures/controls/addition-sums-in-disguise/recovery.json?raw';
import trained from '../../fixtures/modular-addition/recovery.json?raw';
import { readRecovery, recovery } from '../../src/index';
import { controlModel, modelOf } from '../recover/controls';

test.each([
  ['trained', trained, () => modelOf('modular-addition')],
  ['impostor', disguised, () => controlModel('addition-sums-in-disguise')],
] as const)('%s: without the waves, and with nothing else', { timeout: 600_000 }, async (name, card, load) => {
  const waves = wavesOf(readRecovery(card));
  const model = await load();
  let runs = 0;
  const outcome = await silenceWaves({ recovery }, model, waves, { onRun: (count) => (runs = count) });
  expect(outcome).toEqual(recorded[name]);
  expect(runs).toBe(recorded.runs);
});
