// softmax_tiled: y = exp(x - max) / sum of exp(x - max), a row per workgroup, of which each invocation takes every 64th column
//
// read   x  f32 [rows, cols]
// write  y  f32 [rows, cols]

const LEAST = -87.33; // exp of less than this is no normal f32
const LOWEST = -0x1.fffffep+127; // of all f32
const LANES = 64;

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

var<workgroup> parts: array<f32, LANES>;

fn largest_of(lane: u32, own: f32) -> f32 {
  parts[lane] = own;
  workgroupBarrier();
  var largest = LOWEST;
  for (var i = 0; i < LANES; i++) { largest = max(largest, parts[i]); }
  workgroupBarrier();
  return largest;
}

fn sum_of(lane: u32, own: f32) -> f32 {
  parts[lane] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0; i < LANES; i++) { total += parts[i]; }
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= u.rows) { return; }
  let base = row * u.cols;

  var own = LOWEST;
  for (var i = local.x; i < u.cols; i += LANES) { own = max(own, x[base + i]); }
  let largest = largest_of(local.x, own);

  var sum = 0.0;
  for (var i = local.x; i < u.cols; i += LANES) { sum += weight(x[base + i] - largest); }
  let total = sum_of(local.x, sum);

  for (var i = local.x; i < u.cols; i += LANES) { y[base + i] = weight(x[base + i] - largest) / total; }
}
