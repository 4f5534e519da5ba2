/** The commands of a session. */
import { css, html, nothing, type TemplateResult } from 'lit';

export type Command = 'start' | 'step' | 'runTo' | 'continue' | 'finish' | 'quit';

export interface Toolbar {
  readonly started: boolean;
  /** Whether steps are left to run. */
  readonly open: boolean;
  readonly busy: string;
  /** The selected step. */
  readonly step: number;
  readonly onCommand: (command: Command) => void;
}

/** Keys, where the focus is inside and in no field. */
export const KEYS: Readonly<Record<string, Command>> = { s: 'step', r: 'runTo', c: 'continue' };

export function toolbar({ started, open, busy, step, onCommand }: Toolbar): TemplateResult {
  const button = (command: Command, label: string, enabled: boolean, key = '') =>
    html`<button part=${`command ${command}`} class=${command === 'start' && !started ? 'primary' : ''}
      aria-disabled=${enabled ? 'false' : 'true'} aria-keyshortcuts=${key || nothing}
      @click=${() => enabled && onCommand(command)}>${label}${key ? html` <kbd aria-hidden="true">${key}</kbd>` : nothing}</button>`;
  const can = open && busy === '';
  return html`<div part="toolbar" class="toolbar" role="group" aria-label="Debugger" aria-busy=${busy ? 'true' : 'false'}>
    ${button('start', started ? 'Restart' : 'Start', busy === '')}
    ${button('step', 'Step', can, 's')}
    ${button('runTo', `Run to step ${step}`, can, 'r')}
    ${button('continue', 'Continue', can, 'c')}
    ${button('finish', 'Run to the end', can)}
    ${started ? button('quit', 'Quit', true) : nothing}
    <span class="muted busy">${busy}</span>
  </div>`;
}

export const toolbarStyles = css`
  .toolbar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    align-items: center;
  }
  .toolbar button {
    padding: 0.3em 0.6em;
    font-size: 0.875rem;
  }
  .primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: light-dark(#fff, #07130f);
    font-weight: 600;
  }
  button[aria-disabled='true'],
  button[aria-disabled='true']:hover {
    border-color: var(--_line);
    background: var(--_sunken);
    color: var(--_muted);
    cursor: default;
    font-weight: 400;
  }
  kbd {
    padding: 0 0.3em;
    border: 1px solid var(--_line);
    border-radius: 3px;
    color: var(--_muted);
    font: 0.75rem var(--_mono);
  }
  @media (forced-colors: active) {
    button[aria-disabled='true'],
    button[aria-disabled='true'] kbd {
      border-color: GrayText;
      color: GrayText;
    }
  }
  @media print {
    .toolbar {
      display: none;
    }
  }
`;
