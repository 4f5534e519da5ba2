// ln_scale: scale = sqrt(variance + eps), row by row: the first third of layernorm
//
// read   x      f32 [rows, cols]
// write  scale  f32 [rows]

struct Uniforms {
  rows: u32,
  cols: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64;
  if (row >= u.rows) { return; }
  let base = row * u.cols;
  let d = f32(u.cols);

  var total = 0.0;
  for (var i = 0u; i < u.cols; i++) { total += x[base + i]; }
  let mean = total / d;

  var squares = 0.0;
  for (var i = 0u; i < u.cols; i++) {
    let centred = x[base + i] - mean;
    squares += centred * centred;
  }
  scale[row] = sqrt(squares / d + u.eps);
}
