// ln_affine: out = gain * normalized + bias: the last third of layernorm
//
// read   normalized  f32 [rows, cols]
// read   gain        f32 [cols]
// read   bias        f32 [cols]
// write  out         f32 [rows, cols]

struct Uniforms {
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> normalized: array<f32>;
@group(0) @binding(2) var<storage, read> gain: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.rows * u.cols) { return; }
  let col = i % u.cols;
  out[i] = gain[col] * normalized[i] + bias[col];
}
