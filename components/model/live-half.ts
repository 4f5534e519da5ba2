/** The half of a session that has a model: it is fetched when the model is asked for. */
import { FluoroscopeError } from '../../src/viewer';
import { addressOf } from './address';
import { ModelUse } from './model-use';
import { problemOf } from './problems';
import type { Passed } from './prompt-runner';
import { Questions } from './questions';
import type { Session } from './session';
import { Shown } from './shown';

export class LiveHalf {
  #use: ModelUse | null = null;
  /** That have ended since the model was loaded: a device that is lost amid the first is not asked for again. */
  #passes = 0;
  /** Whether the pass is run a second time, because its values did not come back. */
  #again = false;
  /** Why there is no device for this model, once that is known. */
  #noDevice: Error | null = null;

  constructor(private readonly session: Session) {}

  /** Why the model runs on the CPU. */
  get noDevice(): Error | null {
    return this.#use?.noDevice ?? null;
  }

  get model() {
    return this.#use?.model ?? null;
  }

  /** Fetches the model, unless it is there or on its way. */
  begin(src: string): void {
    if (this.#use) return;
    const { session } = this;
    const address = addressOf(src) ?? src; // What is no address is left to loadModel to refuse.
    this.#passes = 0;
    const source = { ...session.source, address, prompt: session.prompt };
    this.#use = new ModelUse(source, this.#noDevice, {
      onProgress: (progress) => session.progressed(progress),
      onLoaded: () => session.loaded(),
      onRefused: (error) => session.refuse(error),
      onPass: (passed) => this.#passed(passed),
      onFailure: (error) => this.#fail(error),
      onIdle: () => {
        if (!session.error) this.#passes++;
        this.#again = session.error !== null;
        session.ended();
      },
    });
  }

  run(...request: Parameters<ModelUse['run']>): void {
    const foreign = typeof request[0].prompt === 'string' ? null : this.#foreign();
    if (!foreign) {
      this.#use?.run(...request);
      return;
    }
    const { session } = this;
    session.promptError = foreign;
    session.ended();
    session.report(foreign);
  }

  /** Why the token ids of the recording are not for this model: they are of another one. */
  #foreign(): FluoroscopeError | null {
    const { model } = this;
    const { recorded, shown } = this.session;
    if (!recorded || !model) return null;
    const { model: name, weightsHash } = recorded.info;
    if (!weightsHash || weightsHash === model.weightsHash) return null;
    const what = `The recording is of another model: ${name} (${weightsHash.slice(0, 8)}…), and this is ${model.name} (${model.weightsHash.slice(0, 8)}…)`;
    const is = shown?.trace.kind === 'recorded' ? 'the recording' : 'an earlier pass';
    return new FluoroscopeError('weights-mismatch', `${what}. What is shown is ${is}; give a prompt to run.`);
  }

  /** Nobody should get this model any more. */
  forget(): void {
    this.#use?.forget();
  }

  /** Before it is all tried once more. */
  forgive(): void {
    this.#noDevice = null;
  }

  /** Waits for the pass that is on its way, then gives the model back. @param dispose frees what was made with it */
  async close(dispose: () => Promise<void>): Promise<void> {
    const use = this.#use;
    this.#use = null;
    await (use ? use.close(dispose) : dispose());
  }

  #passed(passed: Passed): void {
    const { session, model } = this;
    session.promptError = session.editError = session.error = null;
    const { prompt, trace } = passed;
    if (typeof prompt === 'string') trace.answers?.set('prompt?', prompt); // Who saves the trace saves it too.
    session.show(new Shown(passed, model && new Questions(model, trace)));
  }

  /** A pass has failed. */
  #fail(error: Error): void {
    const { session } = this;
    const kind = problemOf(error);
    if (kind === 'readback' && !this.#again) {
      this.#again = true; // It may be the first that is heard of a lost device: another try tells.
      session.rerun();
      return;
    }
    if (kind === 'prompt') session.promptError = error;
    else if (kind === 'edit') session.editError = error as Error & { edit: string };
    else if (kind !== 'device') session.error = error;
    if (kind === 'device') this.#lost(error);
    session.report(error);
  }

  /** Another device is asked for, once; what was recorded stands in until it is there. */
  #lost(error: Error): void {
    const { session } = this;
    const again = this.#passes > 0;
    this.forget();
    session.drop();
    session.openRecording();
    if (!again && session.source.reference === 'auto') this.#noDevice = error; // So the CPU takes over.
    if (again || this.#noDevice) session.load();
    else session.giveUp(error);
  }
}
