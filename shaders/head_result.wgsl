// head_result: result[h] = z[h] · w[h], what each head alone writes into the residual stream
//
// read   z       f32 [rows, head, dim]
// read   w       f32 [head, dim, model]
// write  result  f32 [rows, head, model]

override HALF: bool = false; // two f16 in each word of w, as src/tensor/f16.ts packs them

struct Uniforms {
  rows: u32,
  head: u32,
  dim: u32,
  model: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

fn weight(at: u32) -> f32 {
  if (!HALF) { return w[at]; }
  let two = unpack2x16float(bitcast<u32>(w[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.rows * u.head * u.model) { return; }
  let z_base = i / u.model * u.dim;
  let w_base = i / u.model % u.head * u.dim * u.model + i % u.model;
  var sum = 0.0;
  for (var e = 0u; e < u.dim; e++) { sum += z[z_base + e] * weight(w_base + e * u.model); }
  result[i] = sum;
}
