import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import pkg from '../package.json' with { type: 'json' };

/** The page has no import map, so that what the components import is bundled; Node needs none of it. */
const BUNDLED = ['lit', '@lit/context'];
const packages = Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies, ...pkg.peerDependencies });
const OURS = {
  main: 'main.ts',
  page: 'page.ts',
  'growth-main': 'growth/main.ts',
  growth: 'growth/page.ts',
  'roofline-main': 'roofline/main.ts',
};
const PEERS = { 'peers-main': 'peers/main.ts', peers: 'peers/page.ts' };

/** Builds the benchmark for Node and for Chrome's page; with `--mode peers` the comparison with other runtimes. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  build: {
    target: 'es2023',
    minify: false,
    emptyOutDir: mode !== 'peers',
    lib: { entry: mode === 'peers' ? PEERS : OURS, formats: ['es'] },
    rolldownOptions: {
      external: (id) => id.startsWith('node:') || id === 'vite' || (packages.includes(id) && !BUNDLED.includes(id)),
    },
  },
  // Not with its WebAssembly inside.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  plugins: mode === 'peers' ? [onnxRuntime()] : [],
}));

/** ONNX Runtime fetches its WebAssembly by itself. */
function onnxRuntime(): Plugin {
  const from = join(import.meta.dirname, 'node_modules/onnxruntime-web/dist');
  return {
    name: 'ONNX Runtime',
    writeBundle: ({ dir }) => {
      for (const name of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify']) {
        for (const end of ['mjs', 'wasm']) cpSync(join(from, `${name}.${end}`), join(dir!, 'ort', `${name}.${end}`));
      }
    },
  };
}
