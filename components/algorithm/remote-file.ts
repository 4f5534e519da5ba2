import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { FluoroscopeError } from '../../src/viewer';
import { announce } from '../shared/first-paint';

/** A file of the page's server, read again when its address changes. */
export class RemoteFile<Value> implements ReactiveController {
  value: Value | null = null;
  /** Why there is none. */
  problem = '';
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

  set url(url: string | null) {
    if (url === this.#url) return;
    this.#url = url;
    this.value = null;
    this.problem = '';
    this.#read();
  }

  get waiting(): boolean {
    return this.#url !== null && this.value === null && this.problem === '';
  }

  hostConnected(): void {
    if (this.waiting) this.#read();
  }

  hostDisconnected(): void {
    this.#fetching?.abort();
  }

  #read(): void {
    this.#fetching?.abort();
    if (this.#url !== null) announce(this.#fetch(this.#url, (this.#fetching = new AbortController()).signal));
  }

  async #fetch(url: string, signal: AbortSignal): Promise<void> {
    try {
      const value = this.parse(await fetchText(url, this.what, signal), url);
      if (!signal.aborted) this.value = value;
    } catch (error) {
      if (!signal.aborted) this.problem = (error as Error).message;
    }
    this.host.requestUpdate();
  }
}

async function fetchText(url: string, what: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL(url, document.baseURI), { signal }).catch((cause: Error) => {
    throw new FluoroscopeError('fetch-failed', `${url} cannot be had (${cause.message}); expected ${what}.`, { cause });
  });
  if (!response.ok) throw new FluoroscopeError('fetch-failed', `${url} answers ${response.status}; expected ${what}.`);
  return response.text();
}
