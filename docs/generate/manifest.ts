/** custom-elements.json: what the class comments and declarations of the components say, as the build wrote it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Described {
  readonly name: string;
  readonly description?: string;
  readonly default?: string;
  readonly type?: { readonly text: string };
}

export interface Member extends Described {
  readonly kind: string;
  readonly privacy?: string;
  readonly static?: boolean;
  readonly readonly?: boolean;
  readonly inheritedFrom?: unknown;
  readonly parameters?: readonly Described[];
}

export interface ElementDeclaration extends Described {
  readonly tagName?: string;
  readonly customElement?: boolean;
  readonly attributes?: readonly (Described & { readonly fieldName?: string })[];
  readonly members?: readonly Member[];
  readonly events?: readonly Described[];
  readonly slots?: readonly Described[];
  readonly cssParts?: readonly Described[];
  readonly cssProperties?: readonly Described[];
}

const BUILT = 'dist/custom-elements.json';
const CACHED = 'docs/.cache/custom-elements.json';

/** The declaration of every element class, by the class's name. */
export function elementDeclarations(): ReadonlyMap<string, ElementDeclaration> {
  const file = existsSync(BUILT) ? BUILT : analyze();
  const { modules } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly modules: readonly { readonly declarations?: readonly ElementDeclaration[] }[];
  };
  const all = modules.flatMap(({ declarations = [] }) => declarations);
  return new Map(all.map((one) => [one.name, one]));
}

function analyze(): string {
  // On the command line it would write its path into package.json.
  const config = { globs: ['components/*/*.ts'], litelement: true, outdir: 'docs/.cache', packagejson: false };
  mkdirSync('docs/.cache', { recursive: true });
  writeFileSync('docs/.cache/analyzer.mjs', `export default ${JSON.stringify(config)};`);
  execFileSync('docs/node_modules/.bin/cem', ['analyze', '--quiet', '--config', 'docs/.cache/analyzer.mjs']);
  return CACHED;
}
