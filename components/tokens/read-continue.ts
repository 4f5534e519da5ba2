/** Writes on from the prompt: the next token is drawn from the very trace that is shown, and its text joins the prompt. */
import { sampler } from '../../src/index';
import type { RunView } from '../shared/run-context';
import { promptText } from './prompt-text';

const MOST = 32;

/** Of temperature 0: the likeliest token each time. */
export class Continuation {
  /** Why it ended, in a sentence or none; null while it goes on. */
  ended: string | null = null;
  #prompt: string;
  /** The prompt that this one's last token was added to: the page may not have heard of the newer one yet. */
  #before: string;
  #added = 0;
  #busy = false;
  readonly #draw: ReturnType<typeof sampler>;

  /**
   * @param write makes a text the prompt
   * @param onEnd tells that it has ended by itself
   */
  constructor(
    prompt: string,
    temperature: number,
    private readonly write: (prompt: string) => void,
    private readonly onEnd: () => void,
  ) {
    this.#prompt = this.#before = prompt;
    this.#draw = sampler({ temperature }, 0);
  }

  stop(why = ''): void {
    if (this.ended !== null) return;
    this.ended = why;
    this.onEnd();
  }

  /** Adds a token as soon as the pass over the last one is shown. Whoever changes the prompt meanwhile ends it. */
  async follow(run: RunView): Promise<void> {
    if (this.ended !== null || this.#busy) return;
    const asked = promptText(run);
    if (asked !== this.#prompt) {
      if (asked !== this.#before) this.stop();
      return;
    }
    if (run.error || run.promptError) return this.stop();
    const shown = run.prompt === null ? asked : run.tracePrompt; // The very tokens of a recording run without a text.
    if (run.state !== 'ready' || shown !== this.#prompt) return;
    this.#busy = true;
    try {
      await this.#next(run);
    } catch (error) {
      this.stop((error as Error).message);
    }
    this.#busy = false;
  }

  async #next({ trace, tokenizer, contextLength, endOfText }: RunView): Promise<void> {
    const { program, tokens } = trace!;
    if (this.#added === MOST) return this.stop(`${MOST} were added.`);
    if (program.pos === contextLength) return this.stop('The context is full.');
    if (program.steps.some(({ uniforms }) => uniforms.causal === 0)) {
      return this.stop('This model sees what comes after a position, so it predicts no next token.');
    }
    const [{ data }, ends] = await Promise.all([trace!.read(program.output, { batch: 0, pos: -1 }), endOfText!()]);
    if (this.ended !== null) return;
    const { id } = this.#draw(data);
    if (ends.includes(id)) return this.stop('The text ends here, says the model.');
    const ids = tokens[0]!;
    const added = tokenizer!.decode([...ids, id]).slice(tokenizer!.decode(ids).length);
    if (added === '' || added.includes('\uFFFD')) return this.stop('The next token is a part of a character.');
    this.#added++;
    this.#before = this.#prompt;
    this.#prompt += added;
    this.write(this.#prompt);
  }
}
