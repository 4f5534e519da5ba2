/** What is said of the trace that is shown, beside its badge. It is fetched once the recordings are on screen. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Trace } from '../../src/viewer';
import { isTextOf } from './same-text';

const LONGEST = 80; // characters of a prompt that a sentence names

/** @param why why the model runs on the CPU */
export function explain(trace: Trace, why: string): string {
  const { rounded } = trace.info;
  return rounded === undefined
    ? origin(trace, why)
    : `${origin(trace, why)} The weights are not the file's own: ${rounded}.`;
}

function origin(trace: Trace, why: string): string {
  const { kind, info } = trace;
  const adapter = info.adapter || 'an unnamed adapter';
  switch (kind) {
    case 'recorded':
      return `These are the values of a pass of ${info.model || 'a model'} that ran on ${adapter}, read from a file.`;
    case 'live':
      return `These values are read from the buffers of the pass that has just run on ${adapter}. ${takenOver(trace)}`;
    case 'reference':
      return `The same program has just run in this page, step by step, in float64 on the CPU. ${why}`;
  }
}

function takenOver({ reused = 0, program: { pos } }: Trace): string {
  if (reused === 0) return '';
  const which = reused === 1 ? 'The first position is' : `The first ${reused} positions are`;
  return `${which} taken over, bit for bit, from the pass before, whose tokens are the same up to there; this pass has computed the other ${pos - reused} of ${pos}.`;
}

/**
 * Says that a recording is not of the prompt that the page gives.
 *
 * @param offered whether the reader can have the model by asking for it
 */
export function otherPrompt(trace: Trace, prompt: string | null, offered: boolean): TemplateResult | typeof nothing {
  if (trace.kind !== 'recorded' || !prompt?.trim() || isTextOf(trace.labels[0]!, prompt)) return nothing;
  const named = prompt.length > LONGEST ? `${prompt.slice(0, LONGEST)}…` : prompt;
  return html`<p part="other-prompt" class="other">
    The recording is of another prompt than <q><bdi>${named}</bdi></q>${offered ? ': run the model to see that one' : ''}.
  </p>`;
}

export const styles = css`
  .badge p,
  .other {
    max-width: 44rem;
    font-size: 0.8125rem;
  }
  .badge p {
    margin-top: 0.25rem;
    color: var(--_muted);
  }
  .other {
    margin-bottom: 0.75rem;
    overflow-wrap: anywhere;
  }
`;
