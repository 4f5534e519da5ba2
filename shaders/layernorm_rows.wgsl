// layernorm_rows: normalized = (x - mean) / scale with scale = sqrt(variance + eps), out = gain * normalized + bias, a row per
// workgroup, whose invocations take its columns in turn
//
// read   x           f32 [rows, cols]
// read   gain        f32 [cols]
// read   bias        f32 [cols]
// write  scale       f32 [rows]
// write  normalized  f32 [rows, cols]
// write  out         f32 [rows, cols]

override LANES: u32 = 64; // of a workgroup: 64 at most

struct Uniforms {
  rows: u32,
  cols: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gain: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> normalized: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

var<workgroup> parts: array<f32, 64>;

// The sum of the workgroup's values.
fn together(lane: u32, own: f32) -> f32 {
  parts[lane] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < LANES; i++) { total += parts[i]; }
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= u.rows) { return; }
  let base = row * u.cols;
  let d = f32(u.cols);

  var total = 0.0;
  for (var i = local.x; i < u.cols; i += LANES) { total += x[base + i]; }
  let mean = together(local.x, total) / d;

  var squares = 0.0;
  for (var i = local.x; i < u.cols; i += LANES) {
    let centred = x[base + i] - mean;
    squares += centred * centred;
  }
  let s = sqrt(together(local.x, squares) / d + u.eps);

  if (local.x == 0) { scale[row] = s; }
  for (var i = local.x; i < u.cols; i += LANES) {
    let value = (x[base + i] - mean) / s;
    normalized[base + i] = value;
    out[base + i] = gain[i] * value + bias[i];
  }
}
