import { visibleToken } from '../shared/text';

/** `d`, `·the` */
export function tokenText(texts: ReadonlyMap<number, string>, text: ((id: number) => string) | null) {
  return (id: number): string => visibleToken(text?.(id) ?? texts.get(id) ?? `[${id}]`);
}
