// Which texts a field takes, where its type is a union of them: from the declarations in dist/types, names of types resolved.
import { ts } from '@custom-elements-manifest/analyzer'; // TypeScript 7 has no compiler to call.

/** By class and field: `'auto' | 'off' | 'only'`. */
export function unions() {
  const program = ts.createProgram(['dist/types/components/index.d.ts'], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const found = new Map();
  for (const file of program.getSourceFiles().filter(({ fileName }) => fileName.includes('dist/types/components/'))) {
    for (const declared of file.statements.filter(ts.isClassDeclaration)) {
      const texts = declared.members
        .filter(ts.isPropertyDeclaration)
        .map((field) => [field.name.getText(), unionText(checker.getTypeAtLocation(field))]);
      found.set(declared.name.text, new Map(texts.filter(([, text]) => text !== null)));
    }
  }
  return found;
}

/** null for what is no union of texts and null. */
function unionText(type) {
  const { Null, StringLiteral } = ts.TypeFlags;
  const members = type.isUnion() ? type.types : [];
  const texts = members.filter(({ flags }) => flags & StringLiteral).map(({ value }) => `'${value}'`);
  const nulls = members.filter(({ flags }) => flags & Null).map(() => 'null');
  const all = [...texts, ...nulls];
  return texts.length > 0 && all.length === members.length ? all.join(' | ') : null;
}
