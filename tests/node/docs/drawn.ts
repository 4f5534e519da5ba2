/** Waits in a page until what it shows is there. */
import type { Page } from 'puppeteer-core';

/** Vue has taken over what the server wrote. */
export function hydrated(page: Page): Promise<unknown> {
  return page.waitForFunction(() => (document.querySelector('#app') as { __vue_app__?: object } | null)?.__vue_app__);
}

/**
 * Brings every model of the page on screen and waits for its trace; every element of ours must be drawn by then, without an
 * error. @returns the states of the models
 */
export async function drawn(page: Page, within = 'body'): Promise<string[]> {
  return page.evaluate(async (selector) => {
    const box = document.querySelector(selector)!;
    const until = async (what: string, holds: () => unknown) => {
      for (const begun = performance.now(); !holds(); ) {
        if (performance.now() - begun > 120_000) throw new Error(`${what} did not come`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const ours = [...box.querySelectorAll<HTMLElement>('*')].filter(({ localName }) => localName.startsWith('fluoro-'));
    for (const { localName } of ours) await until(`<${localName}>`, () => customElements.get(localName));
    const models = [...box.querySelectorAll('fluoro-model')];
    for (const model of models) {
      model.scrollIntoView({ block: 'center' });
      const wanted = model.recording ? ['recorded', 'ready'] : ['ready'];
      await until(`${model.outerHTML} in ${wanted.join(' or ')}, now ${model.state},`, () => {
        if (model.state === 'error') throw new Error(`${model.outerHTML}: ${model.shadowRoot!.textContent}`);
        return wanted.includes(model.state) && model.trace;
      });
    }
    for (const element of ours) {
      const { shadowRoot } = element;
      await until(`<${element.localName}>`, () => shadowRoot && shadowRoot.childElementCount > 0);
      const problem = shadowRoot!.querySelector('.problem')?.textContent;
      if (problem) throw new Error(`<${element.localName}> says: ${problem}`);
    }
    return models.map(({ state }) => state);
  }, within);
}
