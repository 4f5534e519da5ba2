/** What comes below the path and the list. */
export { mapView, styles } from './map-view';
export { residualTable } from './residual-table';
