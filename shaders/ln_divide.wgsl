// ln_divide: normalized = (x - mean) / scale, row by row: the second third of layernorm
//
// read   x           f32 [rows, cols]
// read   scale       f32 [rows]
// write  normalized  f32 [rows, cols]

struct Uniforms {
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> normalized: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64;
  if (row >= u.rows) { return; }
  let base = row * u.cols;

  var total = 0.0;
  for (var i = 0u; i < u.cols; i++) { total += x[base + i]; }
  let mean = total / f32(u.cols);

  for (var i = 0u; i < u.cols; i++) { normalized[base + i] = (x[base + i] - mean) / scale[row]; }
}
