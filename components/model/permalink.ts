/** Keeps an element's model, prompt, edits and selection in the page's address, and takes them from there. */
import type { nothing, TemplateResult } from 'lit';
import { builtInModels, FluoroscopeError, type Trace } from '../../src/viewer';
import type { ModelState } from '../shared/run-context';
import type { Selection } from '../shared/selection';
import { addressOf } from './address';
import { type LinkState, readLink, writeLink } from './link-state';
import { linkView } from './link-view';
import { followHeading, forgetHash, readHash, writeHash } from './page-hash';
import type { Loading } from './session';

export { linkStyles } from './link-view';

/** What a link restores of an element; as an object of its own, what the page had in its place. */
export interface Linked {
  src: string | null;
  recording: string | null;
  prompt: string | null;
  edits: readonly string[];
  loading: Loading | null;
}

/** The element. */
export interface LinkHost extends Linked {
  readonly selection: Selection;
  readonly trace: Trace | null;
  readonly state: ModelState;
  requestUpdate(): void;
}

/** Those of the page by their names, in order: the first keeps its state in the address, others wait until it is gone. */
const named = new Map<string, readonly Permalink[]>();

/** Digits of the weights' hash in a link: enough to tell models apart. */
const DIGITS = 16;

export class Permalink {
  /** Of the link, until something else is chosen. */
  selection: Selection | null = null;
  #key: string | null = null;
  /** Why the link, or a part of it, is not shown. */
  #refused: string | null = null;
  /** The state that the address holds or that the page began with; without the weights. */
  #known: string | null = null;
  /** The model that the link shows, or the page's own where it names none. */
  #src: string | null = null;
  /** What the link was made with. */
  #weights: string | null = null;
  #unrun = false;
  /** The page's own, before the link. */
  #own: Linked | null = null;
  /** What was pointed at before the link, where anything was shown. */
  #pointed: Selection | null = null;
  /** The page's address before the link. */
  #before: string | null = null;

  /** @param point shows a selection as far as the pass that is shown has it */
  constructor(
    private readonly host: LinkHost,
    private readonly point: (selection: Selection) => void,
  ) {}

  /** Follows the address from now on, under this key; with null no more. */
  connect(key: string | null): void {
    if (key === this.#key) return;
    if (this.#key !== null) this.#release(this.#key);
    this.#key = key;
    if (key === null) return;
    const before = named.get(key) ?? [];
    named.set(key, [...before, this]);
    if (before.length === 0) this.#begin();
    else setTimeout(() => this.#sayTwice()); // A page that replaces one element by another may put the new one in first.
  }

  #begin(): void {
    followHeading();
    addEventListener('hashchange', this.#follow);
    this.#follow();
  }

  #release(key: string): void {
    const all = named.get(key)!;
    const left = all.filter((one) => one !== this);
    named.set(key, left);
    if (all[0] !== this) return;
    removeEventListener('hashchange', this.#follow);
    forgetHash(key);
    const [next] = left;
    if (!next) return;
    next.#begin();
    next.host.requestUpdate(); // What it said of its waiting is past.
  }

  get #waits(): boolean {
    return this.#key !== null && named.get(this.#key)![0] !== this;
  }

  #sayTwice(): void {
    if (!this.#waits) return;
    console.error(this.note);
    this.host.requestUpdate();
  }

  /** What a reader has to know of the link that this page was opened with. */
  get note(): string | null {
    const { trace } = this.host;
    if (this.#waits) {
      return `Two <fluoro-model>s of this page have the permalink ${JSON.stringify(this.#key)}: only the first keeps its state in the address. Give this one another name.`;
    }
    if (this.#refused) return this.#refused;
    if (!trace) return this.#otherModel;
    const [then, now] = [this.#weights, trace.info.weightsHash.slice(0, DIGITS)];
    const others =
      then && now && then !== now
        ? `This link was made with other weights (${then.slice(0, 8)}…) than these (${now.slice(0, 8)}…): it may have shown something else. `
        : '';
    const unrun =
      this.#unrun && trace.kind === 'recorded'
        ? 'The prompt and the edits of this link have not been run: what is shown is the recording.'
        : '';
    return (others + unrun).trim() || null;
  }

  /** Said where nothing of the model that the link names is there, nor will be of itself. */
  get #otherModel(): string | null {
    const { src, state, loading } = this.host;
    const ends = state === 'error' || (state === 'idle' && loading === 'click');
    if (!this.#own || src === this.#own.src || src !== this.#src || !ends) return null;
    return `This link names another model than this page shows by itself, ${src}: nothing of it is here yet.`;
  }

  get view(): TemplateResult | typeof nothing {
    return linkView(this.note, this.#waits ? null : () => this.undo());
  }

  /** Takes the element's state for the one that the page began with, which need not be in the address. */
  begin(): void {
    this.#known ??= this.#state();
  }

  /** Lets the page begin elsewhere: what it changes is not the reader's, and need not be in the address. */
  settle(change: () => void): void {
    const kept = this.#state() === this.#known;
    change();
    if (kept) this.#known = this.#state();
  }

  /** Puts the element's state into the address, unless it is there or the page began with it. */
  keep(): void {
    const state = this.#state();
    if (this.#key === null || this.#waits || this.#known === null || state === this.#known) return;
    this.#known = state;
    writeHash(this.#key, this.#state(this.host.trace?.info.weightsHash.slice(0, DIGITS)));
  }

  /** The reader points at something else. */
  choose(): void {
    this.#known ??= '';
    this.selection = null;
    this.keep();
  }

  /** The reader has changed something: what the link showed is past. */
  leave(): void {
    this.#known ??= '';
    this.#forget();
  }

  /** Shows the page's own in place of the link, which goes out of the address. */
  undo(): void {
    this.#forget();
    this.#known = this.#state();
    this.#restore();
    if (this.#key !== null) writeHash(this.#key, null);
    this.host.requestUpdate();
  }

  #forget(): void {
    this.#refused = this.selection = this.#weights = null;
    this.#unrun = false;
  }

  /** The page's own again, where a link has been shown. */
  #restore(): void {
    if (!this.#own) return;
    Object.assign(this.host, this.#own);
    if (this.#pointed) this.point(this.#pointed);
    this.#known = this.#own = null; // It begins anew.
  }

  readonly #follow = (event?: HashChangeEvent): void => {
    const text = readHash(this.#key!);
    if (text === null) {
      if (event && event.newURL === this.#before) this.undo(); // Back to it; a heading's address is another one.
      return;
    }
    if (event && readHash(this.#key!, new URL(event.oldURL).hash) === null) this.#before = event.oldURL;
    this.#refused = null;
    this.host.requestUpdate();
    try {
      this.#apply(readLink(text ?? ''));
    } catch (error) {
      if (!(error instanceof FluoroscopeError)) throw error;
      this.#forget();
      this.#restore();
      this.#refused = error.message;
    }
  };

  #apply(link: LinkState): void {
    const { host } = this;
    const { edits, weights, selection } = link;
    const own = this.#own ?? ownOf(host); // What the link leaves out is the page's own, not that of the link before.
    const [src, prompt] = [link.src ?? own.src, link.prompt ?? own.prompt];
    const pointed = selection ?? (this.#own && this.#pointed) ?? host.selection;
    const known = writeLink({ src, weights: null, prompt, edits, selection: pointed });
    if (known === this.#known) return;
    if (src !== own.src && !isOfThisSite(src!)) {
      const why = `it names a model of another site, ${src}, which no link makes this page fetch`;
      throw new FluoroscopeError('usage', `The link is not followed: ${why}. What is shown is the page's own.`);
    }
    if (!this.#own) this.#pointed = this.#known === null ? null : host.selection;
    this.#own = own;
    const shown = host.trace !== null && passOf(host) === passOf({ src, prompt, edits });
    this.#known = selection || shown ? known : null; // Else the pass to come says where the page itself begins.
    this.#src = src;
    this.#weights = weights;
    this.#unrun = prompt !== own.prompt || edits.join('\n') !== own.edits.join('\n');
    this.selection = selection;
    const recording = src === own.src ? own.recording : null; // It is of the page's own model.
    // A link is no question of the reader's.
    const loading = own.recording && own.loading !== 'lazy' && own.loading !== 'eager' ? 'click' : own.loading;
    Object.assign(host, { src, recording, prompt, edits, loading });
    if (pointed !== host.selection) this.point(pointed);
  }

  #state(weights: string | null = null): string {
    const { src, prompt, edits, selection } = this.host;
    return writeLink({ src, weights, prompt, edits, selection: this.selection ?? selection });
  }
}

/** Which pass is asked for, to compare. */
function passOf({ src, prompt, edits }: Pick<Linked, 'src' | 'prompt' | 'edits'>): string {
  return writeLink({ src, weights: null, prompt, edits, selection: null });
}

function ownOf({ src, recording, prompt, edits, loading }: Linked): Linked {
  return { src, recording, prompt, edits, loading };
}

function isOfThisSite(src: string): boolean {
  const address = addressOf(src);
  const own = new URL(document.baseURI).origin;
  const builtIn = builtInModels.some((name) => name === src); // Its files lie beside the script, wherever that is.
  return builtIn || (address !== null && new URL(address).origin === own);
}
