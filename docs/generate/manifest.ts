/** custom-elements.json: what the class comments and declarations of the components say, as the build wrote it. */
import { readFileSync } from 'node:fs';

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

/** The declaration of every element class, by the class's name. */
export function elementDeclarations(): ReadonlyMap<string, ElementDeclaration> {
  const { modules } = JSON.parse(readFileSync('dist/custom-elements.json', 'utf8')) as {
    readonly modules: readonly { readonly declarations?: readonly ElementDeclaration[] }[];
  };
  const all = modules.flatMap(({ declarations = [] }) => declarations);
  return new Map(all.map((one) => [one.name, one]));
}
