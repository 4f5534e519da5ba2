/** What `<fluoro-model>` says above its content. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Trace } from '../../src/viewer';
import { codeView } from '../shared/problem-view';
import { formatBytes } from '../shared/text';
import type { Session } from './session';
import type { LoadProgress } from './shared-models';

/** @param tellsPrompt whether somebody else tells what is wrong with the prompt */
export function statusView(session: Session, tellsPrompt: boolean): TemplateResult | typeof nothing {
  const { state, error, promptError, shown } = session;
  if (state === 'loading') return loadingView(session);
  if (error) {
    return html`<div part="status" class="status">
      <p class=${session.standsIn ? '' : 'problem'}>${sentence(error.message)} ${saysShown(shown?.trace.kind)}${codeView(error)}</p>
      <button @click=${() => session.retry()}>Try again</button>
      ${session.offered ? runButton(session) : nothing}
    </div>`;
  }
  if (session.cancelled) {
    return html`<div part="status" class="status">
      <p>Loading ${session.what} was cancelled.</p>
      <button @click=${() => session.retry()}>Load it</button>
    </div>`;
  }
  if (session.offered && session.source.loading === 'click') {
    const about = shown
      ? 'This is a recording. The model itself takes other prompts and edits too.'
      : 'Nothing has been fetched yet.';
    return html`<div part="status" class="status">
      <p>${about}</p>
      ${runButton(session)}
    </div>`;
  }
  return promptError && !tellsPrompt
    ? html`<p part="status" class="status problem">${promptError.message}</p>`
    : nothing;
}

/** Some messages end without their full stop. */
const sentence = (message: string) => (/[.!?]$/.test(message) ? message : `${message}.`);

function saysShown(kind: Trace['kind'] | undefined): string {
  if (!kind) return '';
  return kind === 'recorded' ? 'What is shown is the recording.' : 'What is shown is an earlier pass.';
}

function loadingView(session: Session): TemplateResult {
  const { received, total }: Partial<LoadProgress> = session.progress ?? {};
  const bytes = received ? formatBytes(received) : 'asking for it';
  const value = total ? received : nothing; // without a value the bar shows that the end is unknown
  return html`<div part="status" class="status">
    <p>Loading ${session.what}: ${bytes}${total ? ` of ${formatBytes(total)}` : ''}…</p>
    <progress part="progress" aria-label="Loading" max=${total || nothing} value=${value}></progress>
    <button @click=${() => session.cancel()}>Cancel</button>
  </div>`;
}

function runButton(session: Session): TemplateResult {
  return html`<button part="run" @click=${() => session.load()}>Run it live: ${session.size}</button>`;
}

export const statusStyles = css`
  .status {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
    margin-bottom: 1rem;
    padding: 0.875rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .status p {
    flex: 1 1 16rem;
  }
  progress {
    flex: 1 1 10rem;
    height: 0.5rem;
    accent-color: var(--_accent);
  }
`;
