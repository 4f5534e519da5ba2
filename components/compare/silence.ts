import { headPlace } from '../heads/head-place';
import { editSpec } from '../shared/edit-spec';

/** The edit that silences a head. */
export function silence(layer: number, head: number): string {
  return editSpec(headPlace(layer, head, 0, ['']), 'zero');
}
