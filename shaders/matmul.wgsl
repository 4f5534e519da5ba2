// matmul: y = x · w + bias, one invocation per element: the clear one
//
// read   x     f32 [rows, inner]
// read   w     f32 [inner, cols], or [cols, inner] where TRANSPOSED
// read   bias  f32 [cols]
// write  y     f32 [rows, cols]

override TRANSPOSED: bool = false;
override HALF: bool = false; // two f16 in each word of w, as src/tensor/f16.ts packs them

struct Uniforms {
  rows: u32,
  inner: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn weight(at: u32) -> f32 {
  if (!HALF) { return w[at]; }
  let two = unpack2x16float(bitcast<u32>(w[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.rows * u.cols) { return; }
  let row = i / u.cols;
  let col = i % u.cols;
  var sum = 0.0;
  for (var k = 0u; k < u.inner; k++) {
    let at = select(k * u.cols + col, col * u.inner + k, TRANSPOSED);
    sum += x[row * u.inner + k] * weight(at);
  }
  y[i] = sum + bias[col];
}
