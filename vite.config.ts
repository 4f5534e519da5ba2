import { chmodSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import pkg from './package.json' with { type: 'json' };

const entries = {
  index: 'src/index.ts',
  components: 'components/index.ts',
  'cli/main': 'src/cli/main.ts',
  'cli/page': 'src/cli/page.ts', // what the command line loads into Chrome
};

// Left out of dist/*.js: Node's modules and what is installed beside the package. All else is bundled, so that the
// command line can serve dist/index.js to a page that has no import map.
const packages = Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies, ...pkg.peerDependencies });
const isExternal = (id: string) => id.startsWith('node:') || packages.some((p) => id === p || id.startsWith(`${p}/`));

/** `vite`: the page in development. `vite build`: the library. `vite build --mode page`: index.html and all it needs. */
export default defineConfig(({ mode }) => ({
  base: './',
  appType: 'mpa', // a missing model file is a 404, not index.html
  build: mode === 'page' ? { outDir: 'dist/page', target: 'es2023' } : library(),
  plugins: mode === 'page' ? [] : [executable('dist/cli/main.js')],
}));

function library() {
  return {
    target: 'es2023',
    minify: false,
    sourcemap: true,
    copyPublicDir: false,
    lib: {
      entry: entries,
      formats: ['es' as const],
    },
    rolldownOptions: { external: isExternal },
  };
}

function executable(file: string): Plugin {
  return { name: 'executable', writeBundle: () => chmodSync(file, 0o755) };
}
