import type { FigureSubject } from './figure-file';

/** `induction-heads-layer1-head3.csv`: model, component and what the figure is of, in characters that all systems take. */
export function fileName({ component, table, trace }: FigureSubject, extension: string): string {
  const model = trace?.info.model.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const of =
    extension === 'safetensors' ? [] : Object.entries(table?.of ?? {}).map(([name, value]) => `${name}${value}`);
  const what = extension === 'safetensors' ? 'trace' : component;
  const parts = [model, what, ...of].map((part) => part.replaceAll(/[^\w.]+/g, '-').replaceAll(/^[-.]+|-+$/g, ''));
  return `${parts.filter(Boolean).join('-')}.${extension}`;
}
