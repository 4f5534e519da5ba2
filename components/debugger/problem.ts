import { html, nothing, type TemplateResult } from 'lit';
import { FluoroscopeError } from '../../src/viewer';

/** What went wrong; where it quotes what was typed, that and the mark below it keep their columns. */
export function problemView(error: Error): TemplateResult {
  const [sentence, ...quoted] = error.message.split('\n');
  return html`<p part="error" class="problem">${sentence}</p>${
    quoted.length > 0 ? html`<pre class="problem">${quoted.join('\n')}</pre>` : nothing
  }`;
}

export interface StopProblem {
  readonly problem: Error | null;
  /** The step to which the reader wanted to go back. */
  readonly back: number | null;
  /** Loads the model anew; null where that cannot be. */
  readonly reload: (() => void) | null;
  readonly onStartAgain: (step: number) => void;
}

/** What stands in the way of a pass, with the button that leads on. */
export function stopProblem({ problem, back, reload, onStartAgain }: StopProblem): TemplateResult | typeof nothing {
  if (back !== null) {
    return html`<p part="error">Step ${back} has run, and a GPU does not go back.
      <button part="way" @click=${() => onStartAgain(back)}>Start again and run to step ${back}</button></p>`;
  }
  if (!problem) return nothing;
  const lost = problem instanceof FluoroscopeError && problem.code === 'device-lost';
  return html`${problemView(problem)}${
    lost && reload ? html`<p><button part="way" @click=${reload}>Load the model again</button></p>` : nothing
  }`;
}
