/**
 * What a masked attention score holds on the GPU, where WGSL promises nothing about infinities. In files it is
 * −Infinity. Far below any score, far above the least f32, so that softmax can subtract a maximum from it.
 */
export const MASKED = Math.fround(-1e30);
