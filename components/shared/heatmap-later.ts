/** For elements whose heatmap comes after the rest: what they import later is in a file that others load at once. */
export { FluoroHeatmap } from './heatmap';
