/** Gives turns one after another, in the order asked: one for all elements that share a model. */
export class RunQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** @throws as the job, which does not hold up the next one */
  turn<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
