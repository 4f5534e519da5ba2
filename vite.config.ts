import { chmodSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig, normalizePath, type Plugin, type UserConfig, type ViteDevServer } from 'vite';
import pkg from './package.json' with { type: 'json' };
import { leanTemplates } from './scripts/lean-templates.ts';
import { ensureChrome } from './src/cli/chrome.ts';

/** One file each that registers an element and `<fluoro-model>`. */
const elements = readdirSync('components/entries').map((file) => file.replace(/\.ts$/, ''));

const entries = {
  index: 'src/index.ts',
  viewer: 'src/viewer.ts',
  components: 'components/index.ts',
  ...Object.fromEntries(elements.map((name) => [`components/${name}`, `components/entries/${name}.ts`])),
  testing: 'src/testing/index.ts',
  'testing/vitest': 'src/testing/vitest.ts',
  'cli/main': 'src/cli/main.ts',
  'cli/page': 'src/cli/page.ts', // what the command line loads into Chrome
};

// Left out of dist/*.js: Node's modules and what is installed beside the package. All else is bundled, so that the
// command line can serve dist/index.js to a page that has no import map.
const packages = Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies, ...pkg.peerDependencies });
const isExternal = (id: string) => id.startsWith('node:') || packages.some((p) => id === p || id.startsWith(`${p}/`));

/**
 * `vite`: the page in development, opened by `npm start`. `vite build`: the library. `--mode cdn`: the same elements, with
 * all they need, for script tags. `--mode page`: index.html and all it needs.
 */
export default defineConfig(({ mode }) => ({
  base: './',
  appType: 'mpa', // a missing model file is a 404, not index.html
  ...({ page: page(), cdn: cdn(), start: started() }[mode] ?? library()),
}));

/** Without a reload of the page for each file that `npm run docs` writes. */
function started(): UserConfig {
  return { plugins: [openPage()], server: { watch: { ignored: [normalizePath(resolve('docs/**'))] } } };
}

function page(): UserConfig {
  // That the code which runs models is imported at once by the page, and later by its elements elsewhere, is meant.
  const checks = { ineffectiveDynamicImport: false };
  return { build: { outDir: 'dist/page', target: 'es2023', rolldownOptions: { checks } }, plugins: [builtInModels()] };
}

function library(): UserConfig {
  return {
    build: {
      target: 'es2023',
      minify: false,
      sourcemap: true,
      copyPublicDir: false,
      lib: { entry: entries, formats: ['es'] },
      rolldownOptions: { external: isExternal },
    },
    plugins: [ownEntries(), executable('dist/cli/main.js')],
  };
}

/**
 * dist/components.js re-exports the files of the single elements. Bundled with them, what registers an element would lie in a
 * file that both share, and bundlers would drop it: `sideEffects` names the entries.
 */
function ownEntries(): Plugin {
  return {
    name: 'entries of their own',
    apply: 'build',
    enforce: 'pre',
    resolveId(id, importer) {
      if (!importer?.endsWith('/components/index.ts') || !id.startsWith('./entries/')) return;
      return { id: id.replace('./entries/', './components/').concat('.js'), external: true };
    },
  };
}

/** What nearly every element's script needs goes into one file: a page asks for few files, and they compress better. */
const BASE =
  /^(?!.*(write|permute|numeral|random|rounding|masked|on-gpu|shared\/answers|trace\/live)).*(node_modules\/(@lit|lit)|scripts\/no-dom|components\/(model|shared)\/|src\/(errors|built-in|tensor\/|trace\/|kernels\/signatures|program\/(check|parse|program)\.ts))/;

/** What draws on a canvas: elements that draw none, as <fluoro-tokens>, do without it. */
const GRID = /components\/shared\/(bitmap|canvas-grid|fit|heatmap|heatmap-labels|kept-drawing)\.ts$/;

/** What is small and shared by few elements: in a file of its own each would cost more than it weighs. */
const SMALL = {
  heads: /components\/heads\/(head-place|is-causal)\.ts$/,
  lists: /components\/shared\/(controls-styles|token-list)\.ts$/,
};

/** Shaders repeat one another: in one file they compress to a quarter. */
const KERNELS = /\/shaders\/[^/]+\.wgsl/;

/** Elements with much to draw: their scripts register `<fluoro-model>` and fetch them apart, so that the page comes first. */
const LARGE = ['algorithm', 'buffer', 'circuit', 'compare', 'debugger', 'explain', 'kernel', 'residual'].filter(
  (name) => elements.includes(name),
);

/** dist/cdn: minified, nothing left out, so that one script tag is enough, from whatever host. */
function cdn(): UserConfig {
  const entry = (name: string) => (LARGE.includes(name) ? `${APART}${name}` : `components/entries/${name}.ts`);
  const input = Object.fromEntries(elements.map((name) => [name, entry(name)]));
  const groups = [
    { name: 'base', test: (id: string) => BASE.test(id) && !GRID.test(id), minShareCount: 5, priority: 1 },
    { name: 'grid', test: GRID },
    { name: 'kernels', test: KERNELS },
    ...Object.entries(SMALL).map(([name, test]) => ({ name, test })),
  ];
  return {
    build: {
      outDir: 'dist/cdn',
      target: 'es2023',
      copyPublicDir: false,
      lib: { entry: { ...input, all: `${APART}all` }, formats: ['es'] },
      rolldownOptions: { output: { minify: true, comments: { annotation: false }, codeSplitting: { groups } } },
    },
    // Lit's build for Node can be imported where there is no document; in a page it is the same.
    resolve: { conditions: ['node', 'module'], alias: { '@lit-labs/ssr-dom-shim': resolve('scripts/no-dom.ts') } },
    plugins: [apart(), deeper(), leanTemplates(), leanLit()],
  };
}

const APART = 'virtual:apart/';

/** A script that registers `<fluoro-model>` and then imports the entry of its name; `all` imports all of them. */
function apart(): Plugin {
  const path = (name: string) => JSON.stringify(resolve(`components/entries/${name}.ts`));
  return {
    name: 'elements apart',
    enforce: 'pre',
    // Vite makes a path of an entry's name.
    resolveId: (id) => (id.includes(APART) ? `\0${id.slice(id.indexOf(APART))}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${APART}`)) return;
      const name = id.slice(APART.length + 1);
      const fetched = name === 'all' ? elements.filter((one) => one !== 'model') : [name];
      // <fluoro-debugger> before what may stand inside it.
      const ordered = fetched.sort((a, b) => Number(b === 'debugger') - Number(a === 'debugger'));
      return [
        `import ${path('model')};`,
        `import { defineApart } from ${JSON.stringify(resolve('components/shared/define.ts'))};`,
        ...ordered.map((one) => `defineApart('fluoro-${one}', import(${path(one)}).then(() => {}));`),
      ].join('\n');
    },
  };
}

/** Built-in models lie beside dist, two folders up from dist/cdn. */
function deeper(): Plugin {
  return {
    name: 'built-in models of dist/cdn',
    transform(code, id) {
      if (!id.endsWith('/src/built-in.ts')) return;
      if (!code.includes('`../fixtures/')) this.error('src/built-in.ts does not say where the built-in models are');
      return { code: code.replace('`../fixtures/', '`../../fixtures/'), map: null };
    },
  };
}

/** Lit's sentences for those who write `css` or `html` wrongly: the types refuse that here, before anything is built. */
function leanLit(): Plugin {
  return {
    name: 'lean Lit',
    transform(code, id) {
      if (!/\/node\/(css-tag|lit-html)\.js$/.test(id)) return;
      const lean = code.replaceAll(/throw Error\("[^"]+"(\+\w\+"[^"]+")?\)/g, 'throw Error()');
      if (lean === code) this.error('Lit says nothing of wrong styles or templates any more');
      return { code: lean, map: null };
    },
  };
}

function executable(file: string): Plugin {
  return { name: 'executable', writeBundle: () => chmodSync(file, 0o755) };
}

/** Opens the page where there is a screen. Chrome runs the tests and the commands: it is found or installed here as well. */
function openPage(): Plugin {
  const open = async (server: ViteDevServer) => {
    const chrome = await ensureChrome(console.log).catch((error: Error) => error.message);
    const url = server.resolvedUrls?.local[0];
    const screen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
    console.log(`Chrome: ${chrome}`);
    if (screen) server.openBrowser();
    else console.log(`No screen here. Open ${url} in a browser with WebGPU.`);
  };
  return {
    name: 'open page',
    configureServer: (server) => void server.httpServer?.once('listening', () => setTimeout(() => open(server))),
  };
}

/** The page loads its models from fixtures/ beside index.html: what the package holds of them, without checkpoints. */
function builtInModels(): Plugin {
  const globs = pkg.files.filter((glob) => glob.startsWith('fixtures/*/'));
  const files = readdirSync('fixtures').flatMap((model) => globs.map((glob) => glob.replace('*', model)));
  return {
    name: 'built-in models',
    writeBundle: ({ dir }) => {
      for (const file of files.filter(existsSync)) cpSync(file, join(dir!, file));
    },
  };
}
