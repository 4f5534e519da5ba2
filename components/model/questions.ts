import type { Trace } from '../../src/index';
import type { PageModel, Question, QuestionOptions } from '../shared/run-context';

/** Answers questions about one pass, one after another, until `close`: then none is begun and those under way stop. */
export class Questions {
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly model: PageModel,
    private readonly trace: Trace,
  ) {}

  /** @throws the signal's reason, an AbortError unless it has another, when stopped; as the question */
  readonly ask = <Answer>(question: Question<Answer>, options: QuestionOptions = {}): Promise<Answer> => {
    const signals = [this.#closing.signal, ...(options.signal ? [options.signal] : [])];
    const signal = AbortSignal.any(signals);
    const answer = this.#last.then(async () => {
      signal.throwIfAborted();
      try {
        return await question(this.model, this.trace, { ...options, signal });
      } catch (error) {
        this.#closing.signal.throwIfAborted(); // What failed because the trace was taken away has not failed.
        throw error;
      }
    });
    this.#last = answer.catch(() => undefined); // Whoever asked has the error.
    return answer;
  };

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }
}
