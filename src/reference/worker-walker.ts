import { FluoroscopeError } from '../errors';
import type { TensorData } from '../tensor/layout';
import type { Slice } from '../tensor/slice';
import type { HeldWeights } from './local-walker';
import { type Answer, type Calls, errorOf, type Request } from './messages';
import type { PassToWalk, WalkedPass, Walker } from './walker';

interface Waiting {
  resolve(result: never): void;
  reject(error: unknown): void;
}

/** Has a worker walk. The weights and the values of its passes lie there; what is read comes over. */
export class WorkerWalker implements Walker {
  readonly thread = 'worker';
  readonly #waiting = new Map<number, Waiting>();
  #ids = 0;
  #passes = 0;
  #closed = false;
  #ended = false;
  #broken: FluoroscopeError | undefined;

  private constructor(private readonly worker: Worker) {
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.#answered(data));
    worker.addEventListener('messageerror', () => this.#break('an answer could not be read'));
    worker.addEventListener('error', ({ message }) => this.#break(message || 'it ended'));
  }

  /**
   * @param worker that listens; it is this walker's own from now on
   * @param weights are copied over
   */
  static async load(worker: Worker, weights: HeldWeights): Promise<WorkerWalker> {
    const walker = new WorkerWalker(worker);
    try {
      await walker.#call('load', [weights]);
      return walker;
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  async walk(pass: PassToWalk, signal?: AbortSignal): Promise<WalkedPass> {
    this.#assertOpen();
    const walked = await this.#call('walk', [pass], signal);
    this.#passes++;
    try {
      signal?.throwIfAborted();
      this.#assertOpen();
      return walked;
    } catch (error) {
      this.release(walked.id);
      throw error;
    }
  }

  read(id: number, tensor: string, slice: Slice): Promise<TensorData> {
    return this.#call('read', [id, tensor, slice]);
  }

  release(id: number): void {
    this.#passes--;
    this.#post({ release: id });
    this.#rest();
  }

  async weight(name: string): Promise<TensorData> {
    this.#assertOpen();
    return this.#call('weight', [name]);
  }

  close(): void {
    this.#closed = true;
    this.#rest();
  }

  /** @param signal takes the call back: the worker then says that it has stopped */
  async #call<Name extends keyof Calls>(
    call: Name,
    args: Parameters<Calls[Name]>,
    signal?: AbortSignal,
  ): Promise<ReturnType<Calls[Name]>> {
    if (this.#broken) throw this.#broken;
    const id = this.#ids++;
    const cancel = () => this.#post({ cancel: id });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        signal?.addEventListener('abort', cancel, { once: true });
        this.#post({ id, call, args } as Request);
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      this.#rest();
    }
  }

  /** @throws `out-of-memory` where what is said cannot be copied over */
  #post(request: Request): void {
    try {
      this.worker.postMessage(request);
    } catch (cause) {
      const what = `What the worker needs cannot be copied to it: ${(cause as Error).message}.`;
      throw new FluoroscopeError('out-of-memory', what, { cause });
    }
  }

  #answered(answer: Answer): void {
    if ('ready' in answer) return;
    const waiting = this.#waiting.get(answer.id);
    if ('error' in answer) waiting?.reject(errorOf(answer.error));
    else waiting?.resolve(answer.result as never);
  }

  /** The worker is gone, with all that lay there. */
  #break(why: string): void {
    this.#broken = new FluoroscopeError(
      'device-lost',
      `The worker that held the model was lost (${why}). Load the model again.`,
    );
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
    this.worker.terminate();
  }

  /** Ends the worker once nobody can want anything of it. */
  #rest(): void {
    if (this.#ended || !this.#closed || this.#passes > 0 || this.#waiting.size > 0) return;
    this.#ended = true;
    this.worker.terminate();
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new FluoroscopeError('disposed', 'This model was disposed. Load it again.');
  }
}
