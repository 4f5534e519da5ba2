/** What a test can ask of the browser itself: `import { commands } from 'vitest/browser'`. */
import type { KeyInput } from 'puppeteer-core';
import type { BrowserCommand } from 'vitest/node';

/** A real key press, which moves the focus and scrolls as a user's would; a synthetic event does not. */
export const press: BrowserCommand<[key: KeyInput]> = async ({ page }, key) => page.keyboard.press(key);

export const colorScheme: BrowserCommand<[value: 'light' | 'dark']> = async ({ page }, value) =>
  page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);

// Vitest takes the types of its 'vitest/browser' module from the well-known providers' packages; ours is its own.
declare module 'vitest/browser' {
  export const commands: {
    press(key: KeyInput): Promise<void>;
    colorScheme(value: 'light' | 'dark'): Promise<void>;
  };
}
