/** Reads the imports of src/ and components/ and names every arrow that the design does not allow. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { parseSync, Visitor } from 'vite';

const BELOW_RUN = ['src/tensor', 'src/gpu', 'src/kernels', 'src/program', 'src/model'];

/**
 * Who may import whom, as the design has it. Every folder may import itself and src/errors. The other files right in
 * src/ make the public face, src/index, and may import anything in src.
 */
const LAYERS: Record<string, readonly string[]> = {
  'src/tensor': [],
  'src/gpu': [],
  'src/kernels': ['src/tensor', 'shaders'],
  'src/program': ['src/tensor', 'src/kernels'],
  'src/model': ['src/tensor', 'src/kernels', 'src/program'],
  'src/run': BELOW_RUN,
  'src/run/float64': ['src/kernels', 'src/program'],
  'src/trace': ['src/tensor', 'src/program'],
  'src/trace/live': ['src/tensor', 'src/program', 'src/trace', 'src/run'],
  'src/analysis': ['src/trace', 'src/program', 'src/tensor'],
  // Text, by any model's passes.
  'src/generate': ['src/tensor', 'src/program', 'src/model', 'src/trace', 'src/analysis'],
  // A model on the CPU: a neighbour of the GPU's, and nothing of it.
  'src/reference': [
    'src/tensor',
    'src/kernels',
    'src/program',
    'src/model',
    'src/run/float64',
    'src/trace',
    'src/analysis',
    'src/generate',
  ],
  'src/edits': ['src/tensor', 'src/program', 'src/trace', 'src/analysis'],
  'src/recover': [...BELOW_RUN, 'src/run', 'src/trace', 'src/trace/live', 'src/analysis'],
  'src/debug': [...BELOW_RUN, 'src/run', 'src/trace', 'src/trace/live'],
  // For other people's tests: what a kernel author needs of the layers up to the debugger.
  'src/testing': ['src/gpu', 'src/kernels', 'src/run', 'src/debug'],
  // The half of it that Node runs: it starts the command line's Chrome.
  'src/testing/vitest': ['src/cli'],
  'src/cli': ['src'],
  'src/errors': [],
  components: ['src/index', 'src/viewer'],
};

/**
 * What no page needs to show a recorded trace, and so nothing that a component imports statically may reach it: a page
 * loads it by `import()` when a question is asked.
 */
const HEAVY = [
  'shaders',
  ...[
    'src/gpu',
    'src/run',
    'src/kernels',
    'src/reference',
    'src/analysis',
    'src/generate',
    'src/recover',
    'src/debug',
    'src/index',
  ],
];

/** Files of heavy folders that are light: words, numbers and formats. They import no heavy ones. */
const LIGHT = [
  'src/kernels/signatures',
  'src/recover/formats',
  'src/recover/read-card',
  ...['bits', 'breakpoints', 'compare-traces', 'conditions', 'describe-explanation', 'held-as', 'histogram'].map(debug),
  ...['number-kinds', 'places', 'spots', 'statistics', 'step-outline', 'watches'].map(debug),
];

function debug(name: string): string {
  return `src/debug/${name}`;
}

/** Packages that are too large to load with a component. */
const HEAVY_PACKAGES = /^(wgsl_reflect|@huggingface\/)/;

/** Packages that few places may use: the library runs in any page, and in Node only under the command line. */
const PACKAGES: readonly { name: RegExp; homes: readonly string[] }[] = [
  { name: /^(node:|puppeteer-core$)/, homes: ['src/cli', 'src/testing/vitest'] },
  { name: /^(@puppeteer\/browsers|webgpu|commander)$/, homes: ['src/cli'] },
  { name: /^(vitest|@vitest\/[^/]+)(\/|$)/, homes: ['src/testing/vitest'] },
  { name: /^wgsl_reflect$/, homes: ['src/debug'] },
  { name: /^(lit|@lit\/[^/]+)(\/|$)/, homes: ['components'] },
];

/** Its business is to import what the user brings. */
const COMPUTED = 'src/cli/hypothesis-file.ts';

export interface Import {
  line: number;
  /** As written, or undefined where the target is computed. */
  target: string | undefined;
  /** Whether it is loaded with the file that names it: neither a type alone nor an `import()`. */
  loads: boolean;
  /** Whether it is loaded later, by an `import()`. */
  lazy: boolean;
}

/** All forbidden arrows below the root, one sentence each. */
export function forbiddenArrows(root: string): string[] {
  return inFiles(root, ['src', 'components'], forbiddenIn);
}

/** All style attributes that components set, one sentence each. */
export function forbiddenStyles(root: string): string[] {
  return inFiles(root, ['components'], styleAttributes);
}

function inFiles(root: string, folders: readonly string[], find: (file: string, source: string) => string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file).replaceAll(sep, '/'))
      .flatMap((file) => find(file, readFileSync(join(root, file), 'utf8'))),
  );
}

/** The forbidden arrows of one file, named by its path from the root. */
export function forbiddenIn(file: string, source: string): string[] {
  const from = layerOf(file);
  if (from === undefined) {
    return [`${file}:1: ${file} lies in no layer; give it a row in tests/node/layers.ts and in the design, or move it`];
  }
  return importsOf(file, source).flatMap(({ line, target }) => {
    if (target === undefined && file === COMPUTED) return [];
    if (target === undefined) return [`${file}:${line}: a computed import cannot be checked; import a literal path`];
    const arrow = (to: string) => `${file}:${line}: ${from} → ${to} is not allowed (${target})`;
    if (!target.startsWith('.')) {
      const guarded = PACKAGES.find(({ name }) => name.test(target));
      return guarded && !guarded.homes.some((home) => within(from, home)) ? [arrow(target)] : [];
    }
    const path = posix.join(posix.dirname(file), target.replace(/\?.*$/, ''));
    const to = layerOf(path);
    const allowed = to !== undefined && (to === from || to === 'src/errors' || mayImport(from, to));
    return allowed ? [] : [arrow(to ?? path)];
  });
}

function mayImport(from: string, to: string): boolean {
  return (LAYERS[from] ?? ['src']).some((layer) => layer === to || (layer === 'src' && within(to, 'src')));
}

/** The longest row of the table that the path lies in, or the name of a file right in src/. */
function layerOf(path: string): string | undefined {
  const bare = path.replace(/(\/index)?(\.ts|\.js)?$/, '');
  if (bare === 'src') return 'src/index';
  if (within(path, 'shaders')) return 'shaders';
  const row = Object.keys(LAYERS)
    .filter((layer) => within(bare, layer))
    .sort((a, b) => b.length - a.length)[0];
  return row ?? (/^src\/[^/]+$/.test(bare) ? bare : undefined);
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

const parsed = new Map<string, readonly Import[]>();

/** The imports of a file, by its source; each source is parsed once. */
export function importsOf(file: string, source: string): readonly Import[] {
  const known = parsed.get(source);
  if (known) return known;
  const found = findImports(file, source);
  parsed.set(source, found);
  return found;
}

function findImports(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file} does not parse: ${errors[0].message}`);
  const found: Import[] = [];
  const add = (node: { start: number; source: unknown }, loads: boolean, lazy = false) => {
    if (node.source === null) return;
    const value = textOf(node.source);
    const line = source.slice(0, node.start).split('\n').length;
    found.push({ line, target: typeof value === 'string' ? value : undefined, loads, lazy });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node, node.importKind !== 'type' && loadsAny(node.specifiers)),
    ImportExpression: (node) => add(node, false, true),
    ExportNamedDeclaration: (node) => add(node, node.exportKind !== 'type' && loadsAny(node.specifiers)),
    ExportAllDeclaration: (node) => add(node, node.exportKind !== 'type'),
    TSImportType: (node) => add(node, false),
  }).visit(program);
  return found;
}

/** A literal, or a template without anything in it, as minified code has them. */
function textOf(source: unknown): unknown {
  const { value, quasis = [] } = source as { value?: unknown; quasis?: { value: { cooked: string } }[] };
  return quasis.length === 1 ? quasis[0]!.value.cooked : value;
}

/** `import './a'` loads it; `import { type A } from './a'` does not. */
function loadsAny(specifiers: readonly object[]): boolean {
  const isType = (one: { importKind?: string; exportKind?: string }) => (one.importKind ?? one.exportKind) === 'type';
  return specifiers.length === 0 || !specifiers.every(isType);
}

/**
 * The ways from these files to what is heavy, over what each loads with itself: `a → b → c`, one for each heavy file.
 *
 * @param read a file's text by its path from the root, or undefined where there is none
 */
export function heavyWays(entries: readonly string[], read: (file: string) => string | undefined): string[] {
  const found: string[] = [];
  const reached = new Set<string>(entries);
  const ways = entries.map((entry) => [entry]);
  for (const way of ways) {
    const file = way.at(-1)!;
    const source = read(file);
    if (source === undefined) throw new Error(`${way.join(' → ')}: there is no such file`);
    for (const { target, loads } of importsOf(file, source)) {
      if (!loads || target === undefined) continue;
      const to = resolved(file, target, read);
      if (reached.has(to)) continue;
      reached.add(to);
      if (isHeavy(to)) found.push([...way, to].join(' → '));
      else if (target.startsWith('.')) ways.push([...way, to]);
    }
  }
  return found;
}

/** As `heavyWays`, from every component there is. */
export function heavyComponents(root: string): string[] {
  return heavyWays(['components/index.ts'], reader(root));
}

/** All files of ours that one loads with itself, itself among them; with `later` those that it loads afterwards too. */
export function loadedFiles(root: string, entry: string, later = false): string[] {
  const read = reader(root);
  const files = new Set([entry]);
  for (const file of files) {
    if (!file.endsWith('.ts')) continue; // a shader imports nothing
    for (const { target, loads, lazy } of importsOf(file, read(file) ?? '')) {
      if ((loads || (later && lazy)) && target?.startsWith('.')) files.add(resolved(file, target, read));
    }
  }
  return [...files];
}

function reader(root: string): (file: string) => string | undefined {
  return (file) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined);
}

/**
 * The lines of components that set a style attribute, which a page's `style-src` forbids. `.style=${css}` sets the same
 * through the CSS object model, which it allows; Lit's styleMap writes an attribute the first time.
 */
export function styleAttributes(file: string, source: string): string[] {
  return source.split('\n').flatMap((line, i) => {
    const why = /(?<![.\w-])style=["$]/.test(line) ? 'style=' : /directives\/style-map/.exec(line)?.[0];
    return why
      ? [`${file}:${i + 1}: ${why} sets an attribute, which a strict style-src forbids; use .style=\${css}`]
      : [];
  });
}

function resolved(file: string, target: string, read: (file: string) => string | undefined): string {
  if (!target.startsWith('.')) return target;
  const path = posix.join(posix.dirname(file), target.replace(/\?.*$/, ''));
  if (/\.\w+$/.test(path)) return path;
  return [`${path}.ts`, `${path}/index.ts`].find((one) => read(one) !== undefined) ?? `${path}.ts`;
}

function isHeavy(path: string): boolean {
  const bare = path.replace(/\.ts$/, '');
  if (LIGHT.includes(bare)) return false;
  return HEAVY_PACKAGES.test(path) || HEAVY.some((folder) => within(bare, folder));
}
