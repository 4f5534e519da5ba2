/** What each edit of the pass that is shown has changed, in words: worked out once a pass, or as its recording has it. */
import type { Trace } from '../../src/index';
import type { Shown } from './shown';

/** Among a recording's answers: a sentence per edit, in their order. */
const KEY = 'effects?';

export class Effects {
  #of: Shown | null = null;
  #sentences: readonly string[] | null = null;

  /** @param onCome they are known now */
  constructor(private readonly onCome: () => void) {}

  /** null while they are not known, and where there are no edits. */
  sentences(shown: Shown | null): readonly string[] | null {
    if (shown !== this.#of) {
      this.#of = shown;
      this.#sentences = shown && recorded(shown.trace);
      if (shown?.ask && shown.clean) void this.#work(shown, shown.ask, shown.clean);
    }
    return this.#sentences;
  }

  async #work(shown: Shown, ask: NonNullable<Shown['ask']>, clean: Trace): Promise<void> {
    try {
      const told = await ask(async (_, trace) => {
        const { toldEffects } = await import('./told-effects');
        return toldEffects(trace, clean);
      });
      if (shown !== this.#of) return;
      this.#sentences = told;
      this.onCome();
    } catch (error) {
      if ((error as Error).name !== 'AbortError') console.error(`What the edits changed: ${(error as Error).message}`);
    }
  }
}

function recorded({ answers, edits }: Trace): readonly string[] | null {
  const told = answers?.get(KEY);
  const fits = Array.isArray(told) && told.length === edits.length && told.every((one) => typeof one === 'string');
  return fits ? told : null;
}
