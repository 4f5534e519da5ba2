/** A model on the CPU: it is fetched where there is no device for one. */
export { loadReferenceModel } from '../../src/index';
