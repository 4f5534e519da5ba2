/** The edits of a page, in words, each with a button that takes it back. */
import { html, nothing, type ReactiveElement, type TemplateResult } from 'lit';
import { describeEdit, describeSpec, type EditNote } from '../../src/viewer';
import type { EditChange } from '../shared/run-context';

export { editsBarStyles as styles } from './edits-bar-styles';
export { Effects } from './effects';

export interface EditsBar {
  /** As asked for, in order. */
  readonly edits: readonly string[];
  /** Those that a recording was made with; nobody can take them back. */
  readonly recorded: readonly EditNote[];
  /** The one that does not fit, and why. */
  readonly refused: (Error & { readonly edit: string }) | null;
  /** What each has changed in the trace that is shown, in words; null while that is not known. */
  readonly effects: readonly string[] | null;
  /** Whether the trace that is shown is the pass with these edits. */
  readonly done: boolean;
  readonly onChange: (change: EditChange) => void;
}

export function editsBar({
  edits,
  recorded,
  refused,
  effects,
  done,
  onChange,
}: EditsBar): TemplateResult | typeof nothing {
  if (edits.length === 0 && recorded.length === 0) return nothing;
  return html`<section role="group" part="edits" class="edits" aria-label="Edits">
    ${recorded.length > 0 ? recordedView(recorded, effects) : nothing}
    ${
      edits.length > 0
        ? html`<span class="title">${describeCount(edits.length)}${done ? '' : ', not in what is shown'}</span>
          <ul>
            ${edits.map((edit, i) =>
              chip(edit, refused?.edit === edit ? refused : null, done && effects?.[i], () =>
                onChange({ remove: [edit] }),
              ),
            )}
          </ul>
          <button part="undo" @click=${keepingFocus(() => onChange({ set: [] }))}>Undo all</button>`
        : nothing
    }
  </section>`;
}

function recordedView(recorded: readonly EditNote[], effects: readonly string[] | null): TemplateResult {
  return html`<div>
    <p>Recorded with edits: ${recorded.map(describeNote).join('; ')}.</p>
    ${effects?.map((effect, i) => effectView(recorded.length > 1 ? `${describeNote(recorded[i]!)} ${effect}` : `It ${effect}`))}
  </div>`;
}

function effectView(words: string): TemplateResult {
  return html`<p part="effect" class="effect">${words}.</p>`;
}

function chip(
  edit: string,
  refused: Error | null,
  effect: string | false | undefined,
  onRemove: () => void,
): TemplateResult {
  const words = describeSpec(edit);
  return html`<li part="edit" class=${refused ? 'refused' : ''}>
    <span class="words" title=${edit}>${words}</span>
    <button aria-label=${`Undo: ${words}`} @click=${keepingFocus(onRemove)}>×</button>
    ${refused ? reasonView(refused) : effect ? effectView(effect) : nothing}
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
