/** The names that share the longest runs of letters with what was asked for. */
export function nearest(name: string, names: readonly string[], count = 3): string[] {
  const pairs = (text: string) =>
    new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)));
  const wanted = pairs(String(name)); // Callers in JavaScript give what is no text too.
  const score = (candidate: string) => {
    const found = pairs(candidate);
    return [...wanted].filter((pair) => found.has(pair)).length / (wanted.size + found.size);
  };
  const scores = new Map(names.map((candidate) => [candidate, score(candidate)]));
  return [...names].sort((a, b) => scores.get(b)! - scores.get(a)!).slice(0, count);
}
