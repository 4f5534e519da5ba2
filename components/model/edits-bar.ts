/** The edits of a page, in words, each with a button that takes it back. */
import { html, nothing, type ReactiveElement, type TemplateResult } from 'lit';
import { describeSpec, type Trace } from '../../src/viewer';
import type { EditChange } from '../shared/run-context';
import { describeNote, recordedEdits } from './recorded-edits';

export { editsBarStyles as styles } from './edits-bar-styles';
export { Effects } from './effects';

export interface EditsBar {
  /** As asked for, in order. */
  readonly edits: readonly string[];
  /** The recording that is shown, whose edits nobody can take back; null where it is none. */
  readonly recording: Trace | null;
  /** The one that does not fit, and why. */
  readonly refused: (Error & { readonly edit: string }) | null;
  /** What each has changed in the trace that is shown, in words; null while that is not known. */
  readonly effects: readonly string[] | null;
  /** Whether the trace that is shown is the pass with these edits. */
  readonly done: boolean;
  readonly onChange: (change: EditChange) => void;
}

export function editsBar({ edits, recording, refused, effects, done, onChange }: EditsBar): TemplateResult {
  const recorded = recording?.edits.length ? recordedEdits(recording, edits) : null;
  const same = edits.length > 0 && recorded?.same;
  const stands = same || !done;
  const effectOf = (i: number) => (recorded ? same && effects?.[recorded.places[i]!] : done && effects?.[i]);
  return html`<section role="group" part="edits" class="edits" aria-label="Edits">
    ${recorded && !same ? recordedView(recording!.edits, effects) : nothing}
    ${
      edits.length > 0
        ? html`<div class="count"><span class="title">${describeCount(edits.length)}${
            stands ? `, ${recorded?.standing ?? 'not in what is shown'}` : ''
          }</span>${stands && recorded ? `: the recording was made ${recorded.made}` : ''}</div>
          <ul>
            ${edits.map((edit, i) =>
              chip(edit, refused?.edit === edit ? refused : null, effectOf(i), () => onChange({ remove: [edit] })),
            )}
          </ul>
          <button part="undo" @click=${keepingFocus(() => onChange({ set: [] }))}>Undo all</button>`
        : nothing
    }
  </section>`;
}

function recordedView(recorded: Trace['edits'], effects: readonly string[] | null): TemplateResult {
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
    <bdi class="words" title=${edit}>${words}</bdi>
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

const describeCount = (count: number) => (count === 1 ? '1 edit' : `${count} edits`);
