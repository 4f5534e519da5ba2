/** What the benchmark runs in the start page, before anything of the page's own. */

/** Of one pass, in ms. */
export interface Moments {
  /** `fluoro-trace`: the pass is on its way, and none of its values can be read yet. */
  readonly submitted: number;
  /**
   * `<fluoro-tokens>` and `<fluoro-heads>` have read what they show of this pass and drawn it, and the browser has made the
   * next frame of it.
   */
  readonly drawn: number;
}

/** Added to the page's globals. */
export interface StartPage {
  /** Of the first pass, since the page's address was asked for. */
  readonly first: Promise<Moments>;
  /** Puts a text into the prompt's field, as a key press does. Moments since then. */
  press(text: string): Promise<Moments>;
}

/** It is sent to the page as text, and so takes nothing from outside. */
export function startPage(): void {
  const nextPass = async (since: number): Promise<Moments> => {
    const { trace } = await new Promise<HTMLElementEventMap['fluoro-trace']['detail']>((resolve, reject) => {
      addEventListener('fluoro-trace', (event) => resolve((event as HTMLElementEventMap['fluoro-trace']).detail), {
        once: true,
      });
      addEventListener('fluoro-error', (event) => reject((event as HTMLElementEventMap['fluoro-error']).detail), {
        once: true,
      });
    });
    const submitted = performance.now() - since;
    const [tokens, heads] = [document.querySelector('fluoro-tokens')!, document.querySelector('fluoro-heads')!];
    await Promise.all([tokens.settled(), heads.settled()]);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const drawn = performance.now() - since;
    const counts = [
      tokens.shadowRoot!.querySelectorAll('[part="token"]').length,
      heads.shadowRoot!.querySelector('fluoro-heatmap')?.rowCount,
    ];
    const { pos } = trace.program;
    if (counts.some((count) => count !== pos)) throw new Error(`a pass over ${pos} tokens has drawn ${counts}`);
    return { submitted, drawn };
  };
  const page: StartPage = {
    first: nextPass(0),
    press: (text) => {
      const field = document.querySelector('fluoro-tokens')!.shadowRoot!.querySelector('textarea')!;
      const passed = nextPass(performance.now());
      field.value = text;
      field.dispatchEvent(new InputEvent('input'));
      return passed;
    },
  };
  Object.assign(globalThis, page);
}
