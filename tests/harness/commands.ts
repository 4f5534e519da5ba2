/** What a test can ask of the browser itself: `import { commands } from 'vitest/browser'`. */
import type { CDPSession, KeyInput, Page } from 'puppeteer-core';
import type { BrowserCommand } from 'vitest/node';

/** A real key press, which moves the focus and scrolls as a user's would; a synthetic event does not. */
export const press: BrowserCommand<[key: KeyInput]> = async ({ page }, key) => page.keyboard.press(key);

export const colorScheme: BrowserCommand<[value: 'light' | 'dark']> = async ({ page }, value) =>
  page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);

const emulations = new WeakMap<Page, Promise<CDPSession>>();

/** What the page is shown on, and how: given together, for each call of the browser's forgets what it does not name. */
export const media: BrowserCommand<[type: 'screen' | 'print', features: Readonly<Record<string, string>>]> = async (
  { page },
  type,
  features,
) => {
  const emulation = emulations.get(page) ?? page.createCDPSession(); // What is emulated ends with its session.
  emulations.set(page, emulation);
  const session = await emulation;
  const named = Object.entries(features).map(([name, value]) => ({ name, value }));
  await session.send('Emulation.setEmulatedMedia', { media: type, features: named });
};

// Vitest takes the types of its 'vitest/browser' module from the well-known providers' packages; ours is its own.
declare module 'vitest/browser' {
  export const commands: {
    press(key: KeyInput): Promise<void>;
    colorScheme(value: 'light' | 'dark'): Promise<void>;
    media(type: 'screen' | 'print', features: Readonly<Record<string, string>>): Promise<void>;
  };
}
