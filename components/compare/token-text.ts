import type { Trace } from '../../src/viewer';
import { visibleToken } from '../shared/text';

/** The texts that a trace itself knows, by token id: of its prompt's tokens, and those recorded as the answer `texts?`. */
export function textsIn({
  tokens,
  labels,
  answers,
}: Pick<Trace, 'tokens' | 'labels' | 'answers'>): [id: number, text: string][] {
  const recorded = Object.entries(answers?.get('texts?') ?? {}); // A file may hold anything there.
  return [
    ...recorded.flatMap(([id, text]) => (typeof text === 'string' ? [[Number(id), text] as [number, string]] : [])),
    ...tokens[0]!.map((id, pos) => [id, labels[0]![pos]!] as [number, string]),
  ];
}

/** `d`, `·the` */
export function tokenText(texts: ReadonlyMap<number, string>, text: ((id: number) => string) | null) {
  return (id: number): string => visibleToken(text?.(id) ?? texts.get(id) ?? `[${id}]`);
}
