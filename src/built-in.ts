/** Apart from what fetches them: a page that shows a recording has to know their names. */

/** The models that come with the package, in `fixtures/`. */
export const builtInModels = ['modular-addition', 'induction', 'shakespeare'] as const;

/** Where a built-in model's files are expected: `src/` and `dist/` lie beside `fixtures/`. */
export function builtInUrl(name: string): URL {
  const here = import.meta.url;
  return new URL(`../fixtures/${name}/`, here);
}
