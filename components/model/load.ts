/** What `<fluoro-model>` fetches when a model is wanted: the runtime and its shaders. */
export { loadModel } from '../../src/index';
