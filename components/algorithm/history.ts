import { FluoroscopeError } from '../../src/viewer';

/** Losses of a training run, nats, more often than there are checkpoints. */
export interface LossCurve {
  readonly step: number;
  readonly train: number;
  readonly test: number;
}

/** `{ curve: [{ step, train_loss, test_loss }] }`. @throws `json-invalid` */
export function readHistory(text: string, where: string): LossCurve[] {
  let curve: unknown;
  try {
    ({ curve } = JSON.parse(text) as { curve?: unknown });
  } catch (cause) {
    throw new FluoroscopeError('json-invalid', `${where} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(curve)) throw new FluoroscopeError('json-invalid', `${where} has no list "curve" of losses.`);
  return (curve as { step: number; train_loss: number; test_loss: number }[]).map((one) => ({
    step: one.step,
    train: one.train_loss,
    test: one.test_loss,
  }));
}
