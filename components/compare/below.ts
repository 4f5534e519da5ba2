/** What comes after the list of tensors: the maps of one of them, and what either side expects next. */
import { css } from 'lit';
import { beginStyles } from './begin-view';
import { styles as mapsStyles } from './maps-view';
import { nextStyles } from './next-view';

export { ALONE, beginView } from './begin-view';
export { compareTable } from './compare-table';
export { nextView } from './next-view';
export { scrollTogether } from './same-scroll';
export { TensorMaps } from './tensor-maps';

export const styles = css`${beginStyles}${mapsStyles}${nextStyles}`;
