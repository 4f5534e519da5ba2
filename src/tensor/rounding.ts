/** Unit of the bounds: WGSL lets a basic operation round either way, so its relative error is below 2⁻²³. */
export const ULP = 2 ** -23;

/** WGSL may flush what is smaller than this, the least normal f32, to zero. */
export const LEAST_NORMAL = 2 ** -126;
