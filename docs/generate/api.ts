/** docs/api: the JavaScript API from the comments in src/, by TypeDoc; a page for each folder that src/index.ts exports from. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ENTRIES = 'docs/.cache/api';

interface Page {
  readonly title: string;
  /** The folders of src/ whose exports it has; `.` for the files right in src/. */
  readonly of: readonly string[];
}

const PAGES: Readonly<Record<string, Page>> = {
  'load-and-run': { title: 'Loading and running a model', of: ['.', 'model', 'run', 'generate', 'reference', 'gpu'] },
  traces: { title: 'Traces and tensors', of: ['trace', 'tensor'] },
  programs: { title: 'Programs and edits', of: ['program', 'edits'] },
  analyses: { title: 'Analyses', of: ['analysis'] },
  recovery: { title: 'Recovering the program', of: ['recover'] },
  debugging: { title: 'Debugging', of: ['debug'] },
};

/** Of fluoroscope/testing, which has its own entry. */
const TESTING = 'Testing WGSL';

export function apiPages(folder: string): void {
  rmSync(ENTRIES, { recursive: true, force: true });
  mkdirSync(ENTRIES, { recursive: true });
  const files = [...entries()].map(([page, text]) => {
    writeFileSync(join(ENTRIES, `${page}.ts`), text);
    return join(ENTRIES, `${page}.ts`);
  });
  writeFileSync(join(ENTRIES, 'testing.ts'), "export * from '../../../src/testing/index';\n");
  rmSync(folder, { recursive: true, force: true });
  const options = {
    $schema: 'https://typedoc.org/schema.json',
    entryPoints: [...files, join(ENTRIES, 'testing.ts')].map((file) => `../../${file}`),
    tsconfig: 'tsconfig.json',
    out: `../../${folder}`,
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    router: 'module',
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    entryFileName: 'index',
    skipErrorChecking: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    expandObjects: false,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    sanitizeComments: true,
    logLevel: 'Warn',
  };
  const compiled = {
    extends: '../../tsconfig.json',
    files: options.entryPoints.map((file) => file.replace('../../docs/.cache/', '')),
  };
  writeFileSync('docs/.cache/tsconfig.json', JSON.stringify({ ...compiled, include: [] }));
  writeFileSync('docs/.cache/typedoc.json', JSON.stringify(options));
  execFileSync('node_modules/.bin/typedoc', ['--options', '.cache/typedoc.json'], { cwd: 'docs', stdio: 'inherit' });
  titled(folder);
}

/** TypeDoc calls a page by its entry file; here it gets its title, and the first page says what there is. */
function titled(folder: string): void {
  const titles = [
    ...Object.entries(PAGES).map(([name, { title }]) => [name, title] as const),
    ['testing', TESTING] as const,
  ];
  const links = titles.map(([name, title]) => {
    const file = [`${name}.md`, `${name}/index.md`].find((one) => existsSync(join(folder, one)));
    if (!file) throw new Error(`TypeDoc wrote no page ${name}`);
    const text = readFileSync(join(folder, file), 'utf8');
    const imported = name === 'testing' ? 'fluoroscope/testing' : 'fluoroscope';
    const heading = `---\noutline: 3\n---\n\n# ${title}\n\nWhat \`${imported}\` exports.\n`;
    writeFileSync(join(folder, file), text.replace(/^# .*\n/, heading));
    return `- [${title}](./${file})`;
  });
  writeFileSync(
    join(folder, 'index.md'),
    `# The JavaScript API\n\nDrawn from the comments in the sources.\n\n${links.join('\n')}\n`,
  );
}

/** src/index.ts and the viewer that it exports whole, a part for each page: their export declarations, with the paths as they lead from here. */
function entries(): Map<string, string> {
  const source = ['src/index.ts', 'src/viewer.ts'].map((file) => readFileSync(file, 'utf8')).join('\n');
  const parts = new Map<string, string>();
  for (const [statement, path] of source.matchAll(/export [^;]*? from '(\.[^']+)';/g)) {
    const inner = path!.slice(2);
    if (inner === 'viewer') continue;
    const top = inner.includes('/') || inner === 'recover' ? inner.split('/')[0]! : '.';
    const page = Object.keys(PAGES).find((name) => PAGES[name]!.of.includes(top));
    if (!page)
      throw new Error(`src/index.ts exports from src/${inner}; give that folder a page in docs/generate/api.ts`);
    parts.set(page, `${parts.get(page) ?? ''}${statement.replace(`'${path}'`, `'../../../src/${inner}'`)}\n`);
  }
  return parts;
}
