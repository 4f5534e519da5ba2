// softmax_quads: y = exp(x - max) / sum of exp(x - max), a row per quad, of which each invocation takes every fourth column
//
// read   x  f32 [rows, cols]
// write  y  f32 [rows, cols]

enable subgroups;

const LEAST = -87.33; // exp of less than this is no normal f32
const LOWEST = -0x1.fffffep+127; // of all f32

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

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= u.rows) { return; }
  let base = row * u.cols;

  var own = LOWEST;
  for (var i = local.x; i < u.cols; i += 4) { own = max(own, x[base + i]); }
  let pair = max(own, quadSwapX(own));
  let largest = max(pair, quadSwapY(pair));

  var sum = 0.0;
  for (var i = local.x; i < u.cols; i += 4) { sum += weight(x[base + i] - largest); }
  let half = sum + quadSwapX(sum);
  let total = half + quadSwapY(half);

  for (var i = local.x; i < u.cols; i += 4) { y[base + i] = weight(x[base + i] - largest) / total; }
}
