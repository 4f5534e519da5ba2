/** What a link restores, as text. */
import { FluoroscopeError } from '../../src/viewer';
import { nothingPointed, type Selection } from '../shared/selection';

export interface LinkState {
  readonly src: string | null;
  /** The first digits of the weights' SHA-256; null where they were not known. */
  readonly weights: string | null;
  readonly prompt: string | null;
  readonly edits: readonly string[];
  /** null: the page's own, of this prompt and model. */
  readonly selection: Selection | null;
}

/** JSON, which escapes what no address can hold, such as half a surrogate pair; of a selection what is not usual. */
export function writeLink({ src, weights, prompt, edits, selection }: LinkState): string {
  const usual: Readonly<Record<string, unknown>> = { ...nothingPointed.selection };
  const chosen = selection && Object.entries(selection).filter(([name, value]) => value !== usual[name]);
  return JSON.stringify({
    ...(src !== null && { model: src }),
    ...(weights !== null && { weights }),
    ...(prompt !== null && { prompt }),
    ...(edits.length > 0 && { edits }),
    ...(chosen && { select: Object.fromEntries(chosen) }),
  });
}

/** @throws `usage` for what `writeLink` has not written */
export function readLink(text: string): LinkState {
  const { model, weights, prompt, edits, select, ...rest } = parsed(text);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refused(`it holds ${JSON.stringify(unknown)}`);
  return {
    src: textOf('model', model),
    weights: textOf('weights', weights),
    prompt: textOf('prompt', prompt),
    edits: listOf(edits),
    selection: selectionOf(select),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refused('it is cut off or damaged');
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw refused('it is something else');
}

function textOf(name: string, value: unknown = null): string | null {
  if (value === null || typeof value === 'string') return value;
  throw refused(`its ${name} is no text`);
}

function listOf(value: unknown = []): readonly string[] {
  if (Array.isArray(value) && value.every((edit) => typeof edit === 'string')) return value;
  throw refused('its edits are no list of texts');
}

function selectionOf(value: unknown): Selection | null {
  const usual = nothingPointed.selection;
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) throw refused('its selection is none');
  for (const [name, chosen] of Object.entries(value)) {
    const index = Number.isSafeInteger(chosen) && (chosen as number) >= 0;
    const fits = name === 'tensor' ? typeof chosen === 'string' : Object.hasOwn(usual, name) && index;
    if (!fits) throw refused(`its selection holds ${JSON.stringify(name)}: ${JSON.stringify(chosen)}`);
  }
  return { ...usual, ...value };
}

function refused(why: string): FluoroscopeError {
  return new FluoroscopeError('usage', `The link cannot be read: ${why}. What is shown is the page's own.`);
}
