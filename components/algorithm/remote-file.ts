import { nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { FluoroscopeError } from '../../src/viewer';
import { announce } from '../shared/first-paint';
import { problemView } from '../shared/problem-view';

/** A file of the page's server, read again when its address changes. */
export class RemoteFile<Value> implements ReactiveController {
  value: Value | null = null;
  /** Why there is none. */
  problem: Error | null = null;
  #url: string | null = null;
  #fetching: AbortController | null = null;

  /** @param parse throws what is wrong with the text, one sentence */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly what: string,
    private readonly parse: (text: string, url: string) => Value,
  ) {
    host.addController(this);
  }

  /** An empty one is none, and not the page's own. */
  set url(url: string | null) {
    const given = url || null;
    if (given === this.#url) return;
    this.#url = given;
    this.value = null;
    this.#read();
  }

  get waiting(): boolean {
    return this.#url !== null && this.value === null && this.problem === null;
  }

  hostConnected(): void {
    if (this.waiting) this.#read();
  }

  hostDisconnected(): void {
    this.#fetching?.abort();
  }

  /** Says why there is none, and has it asked for again. */
  problemView(): TemplateResult | typeof nothing {
    return this.problem ? problemView(this.problem, 'error', () => this.#read()) : nothing;
  }

  #read(): void {
    this.problem = null;
    this.host.requestUpdate();
    this.#fetching?.abort();
    if (this.#url !== null) announce(this.#fetch(this.#url, (this.#fetching = new AbortController()).signal));
  }

  async #fetch(url: string, signal: AbortSignal): Promise<void> {
    try {
      const value = this.parse(await fetchText(url, this.what, signal), url);
      if (!signal.aborted) this.value = value;
    } catch (error) {
      if (!signal.aborted) this.problem = error as Error;
    }
    this.host.requestUpdate();
  }
}

async function fetchText(url: string, what: string, signal: AbortSignal): Promise<string> {
  const failed = (how: string, options?: ErrorOptions) =>
    new FluoroscopeError('fetch-failed', `${url} ${how}; expected ${what}.`, options);
  const unreached = (cause: Error) => {
    throw failed(`cannot be had (${cause.message})`, { cause });
  };
  if (!URL.canParse(url, document.baseURI)) {
    throw new FluoroscopeError('usage', `${url} is not an address; expected that of ${what}.`);
  }
  const response = await fetch(new URL(url, document.baseURI), { signal }).catch(unreached);
  if (!response.ok) throw failed(`answers ${response.status}`);
  if (/^text\/html\b/.test(response.headers.get('content-type') ?? '')) throw failed('answers with a web page');
  return response.text().catch(unreached);
}
