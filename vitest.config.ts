import { defineConfig } from 'vitest/config';
import { chrome } from './src/testing/vitest.ts';
import * as commands from './tests/harness/commands.ts';

// FLUOROSCOPE_ADAPTER=hardware runs the tests on this machine's own GPU instead of SwiftShader.
const adapter = process.env.FLUOROSCOPE_ADAPTER === 'hardware' ? 'hardware' : 'software';

/** What reads the sources alone: `npm run check` runs it, and builds nothing for it. */
const SOURCE = ['tests/node/layers.test.ts', 'tests/node/entries.test.ts', 'tests/node/scales.test.ts'];

const SITE = 'tests/node/docs/**/*.test.ts';

/**
 * Pages of a browser on a busy machine do not take the same course twice. What fails there has a second try, which is told
 * of at the end; a counterexample to a property, which another try might not find, has none.
 */
const retry = { count: 1, condition: /^(?!Property failed)/ };

/** They only end what hangs: a busy machine with two cores may take many times as long as a quick one. */
const PATIENT = { testTimeout: 300_000, hookTimeout: 300_000, retry, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    reporters: ['default', './tests/harness/second-tries.ts'],
    projects: [
      {
        appType: 'mpa', // a missing file is a 404, not index.html
        // Known from the start: finding them later would reload the page amid the tests.
        optimizeDeps: {
          include: [
            '@huggingface/tokenizers',
            '@lit/context',
            '@noble/hashes/sha2.js',
            'axe-core',
            'culori',
            'd3-dsv',
            'd3-scale-chromatic',
            'fast-check',
            'lit',
            'lit/directives/*.js',
            'lit/html.js',
            'ml-matrix',
            'wgsl_reflect',
          ],
        },
        test: {
          name: 'gpu',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/node/**', 'tests/examples/**'],
          setupFiles: ['tests/harness/setup.ts'],
          retry,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // One page and one device for all files.
          fileParallelism: false,
          isolate: false,
          sequence: { groupOrder: 0 },
          browser: {
            enabled: true,
            headless: true,
            connectTimeout: 240_000, // The first of a checkout bundles what is depended on.
            provider: chrome({ adapter }),
            commands,
            instances: [{ browser: 'chrome' }],
            screenshotFailures: false,
          },
        },
      },
      { test: { name: 'source', include: SOURCE, testTimeout: 60_000, sequence: { groupOrder: 2 } } },
      {
        test: {
          name: 'node',
          include: ['tests/node/**/*.test.ts'],
          exclude: [...SOURCE, SITE],
          globalSetup: ['tests/node/build.ts', 'tests/node/shared-chrome.ts'],
          ...PATIENT,
          // These start Chrome too; after the gpu project, not beside it.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'docs',
          include: [SITE],
          globalSetup: ['tests/node/build.ts', 'tests/node/docs/build-site.ts', 'tests/node/shared-chrome.ts'],
          ...PATIENT,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
