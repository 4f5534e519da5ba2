/** The edits of a page, in words, each with a button that takes it back. */
import { css, html, nothing, type ReactiveElement, type TemplateResult } from 'lit';
import { describeEdit, describeSpec, type EditNote } from '../../src/viewer';
import type { EditChange } from '../shared/run-context';

export interface EditsBar {
  /** As asked for, in order. */
  readonly edits: readonly string[];
  /** Those that a recording was made with; nobody can take them back. */
  readonly recorded: readonly EditNote[];
  /** The one that does not fit, and why. */
  readonly refused: (Error & { readonly edit: string }) | null;
  /** Whether the trace that is shown is the pass with these edits. */
  readonly done: boolean;
  readonly onChange: (change: EditChange) => void;
}

/** @returns the edits in place after a change */
export function changeEdits(edits: readonly string[], { set, add = [], remove = [] }: EditChange): readonly string[] {
  const kept = (set ?? edits).filter((edit) => !remove.includes(edit));
  return [...new Set([...kept, ...add])];
}

export function editsBar({ edits, recorded, refused, done, onChange }: EditsBar): TemplateResult | typeof nothing {
  if (edits.length === 0 && recorded.length === 0) return nothing;
  return html`<section part="edits" class="edits" aria-label="Edits">
    ${recorded.length > 0 ? html`<p>Recorded with edits: ${recorded.map(describeNote).join('; ')}.</p>` : nothing}
    ${
      edits.length > 0
        ? html`<span class="title">${describeCount(edits.length)}${done ? '' : ', not in what is shown'}</span>
          <ul>
            ${edits.map((edit) => chip(edit, refused?.edit === edit ? refused : null, () => onChange({ remove: [edit] })))}
          </ul>
          <button part="undo" @click=${keepingFocus(() => onChange({ set: [] }))}>Undo all</button>`
        : nothing
    }
  </section>`;
}

function chip(edit: string, refused: Error | null, onRemove: () => void): TemplateResult {
  const words = describeSpec(edit);
  return html`<li part="edit" class=${refused ? 'refused' : ''}>
    <span class="words" title=${edit}>${words}</span>
    <button aria-label=${`Undo: ${words}`} @click=${keepingFocus(onRemove)}>×</button>
    ${refused ? reasonView(refused) : nothing}
  </li>`;
}

/** After the sentence comes the edit, with a mark under the character that it is about. */
function reasonView({ message }: Error): TemplateResult {
  const [sentence, ...pointer] = message.split('\n');
  return html`<div part="edit-error" class="problem">
    <p>${sentence}</p>
    ${pointer.length > 0 ? html`<pre tabindex="0" aria-label="Where">${pointer.join('\n')}</pre>` : nothing}
  </div>`;
}

/** The pressed button goes away with its edit: the focus goes to the next one's, or to the badge. */
function keepingFocus(press: () => void): (event: Event) => void {
  return async ({ target }) => {
    const root = (target as Element).getRootNode() as ShadowRoot;
    const buttons = () => [...root.querySelectorAll<HTMLElement>('.edits button')];
    const at = buttons().indexOf(target as HTMLElement);
    press();
    await (root.host as ReactiveElement).updateComplete;
    (buttons()[at] ?? buttons().at(-1) ?? root.querySelector('summary'))?.focus();
  };
}

const describeNote = (edit: EditNote) => `${describeEdit(edit)} of ${edit.at}`;
const describeCount = (count: number) => (count === 1 ? '1 edit' : `${count} edits`);

export const editsBarStyles = css`
  .edits {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    align-items: baseline;
    margin-bottom: 1rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--_line);
    border-left: 3px solid var(--_accent);
    border-radius: var(--_radius);
  }
  .edits .title {
    font-weight: 600;
  }
  .edits ul {
    display: flex;
    flex: 1 1 12rem;
    flex-wrap: wrap;
    gap: 0.375rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .edits li {
    max-width: 100%;
    padding: 0.0625rem 0.0625rem 0.0625rem 0.5rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_sunken);
    overflow-wrap: anywhere;
  }
  .edits li.refused {
    border-color: var(--_danger);
  }
  .edits .words {
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .edits li button {
    min-width: 1.5rem;
    padding: 0 0.375rem;
    border-color: transparent;
    background: none;
  }
  .edits li button:hover {
    border-color: var(--_accent);
  }
  .edits .problem {
    margin: 0.25rem 0.5rem 0.25rem 0;
    font-size: 0.8125rem;
  }
  .edits pre {
    margin: 0;
    overflow-x: auto;
    font: 0.75rem / 1.4 var(--_mono);
  }
`;
