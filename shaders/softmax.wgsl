// softmax: y = exp(x - max) / sum of exp(x - max), row by row
//
// read   x  f32 [rows, cols]
// write  y  f32 [rows, cols]

const LEAST = -87.33; // exp of less than this is no normal f32

struct Uniforms {
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn weight(t: f32) -> f32 {
  return select(exp(t), 0.0, t < LEAST);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64;
  if (row >= u.rows) { return; }
  let base = row * u.cols;

  var largest = x[base];
  for (var i = 1u; i < u.cols; i++) { largest = max(largest, x[base + i]); }

  var total = 0.0;
  for (var i = 0u; i < u.cols; i++) { total += weight(x[base + i] - largest); }

  for (var i = 0u; i < u.cols; i++) { y[base + i] = weight(x[base + i] - largest) / total; }
}
