// edit: y = weight · x + offset, element by element: what an intervention does to a tensor
//
// read   x       f32 [size]
// read   weight  f32 [size]
// read   offset  f32 [size]
// write  y       f32 [size]

struct Uniforms {
  size: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> offset: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.size) { return; }
  let w = weight[i];
  let o = offset[i];
  // A value that is kept is kept to the bit, and one that is replaced does not depend on what was there, NaN included.
  if (w == 1 && o == 0) {
    y[i] = x[i];
  } else if (w == 0) {
    y[i] = o;
  } else {
    y[i] = w * x[i] + o;
  }
}
