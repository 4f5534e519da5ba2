// attn_pattern_tiled: scores = scale · q·k per head, masked as in attn_scores, and pattern = softmax of each row of them, which a
// workgroup has: attn_scores and softmax_tiled in one, in the same bits
//
// read   q        f32 [batch, query, head, dim]
// read   k        f32 [batch, key, head, dim]
// write  scores   f32 [batch, head, query, key]
// write  pattern  f32 [batch, head, query, key]

const MASKED = -1e30; // large and finite: WGSL promises nothing about infinities
const LEAST = -87.33; // exp of less than this is no normal f32
const LOWEST = -0x1.fffffep+127; // of all f32
const LANES = 64;

struct Uniforms {
  batch: u32,
  head: u32,
  query: u32,
  key: u32,
  dim: u32,
  scale: f32,
  causal: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;
@group(0) @binding(4) var<storage, read_write> pattern: array<f32>;

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
  if (row >= u.batch * u.head * u.query) { return; }
  let query = row % u.query;
  let head = row / u.query % u.head;
  let batch = row / (u.query * u.head);
  let base = row * u.key;
  let q_base = ((batch * u.query + query) * u.head + head) * u.dim;

  var own = LOWEST;
  for (var key = local.x; key < u.key; key += LANES) {
    var score = MASKED;
    if (u.causal == 0 || key <= query + (u.key - u.query)) {
      let k_base = ((batch * u.key + key) * u.head + head) * u.dim;
      var sum = 0.0;
      for (var e = 0u; e < u.dim; e++) { sum += q[q_base + e] * k[k_base + e]; }
      score = sum * u.scale;
    }
    scores[base + key] = score;
    own = max(own, score);
  }
  let largest = largest_of(local.x, own);

  // Each invocation reads again what it has itself written.
  var sum = 0.0;
  for (var i = local.x; i < u.key; i += LANES) { sum += weight(scores[base + i] - largest); }
  let total = sum_of(local.x, sum);

  for (var i = local.x; i < u.key; i += LANES) { pattern[base + i] = weight(scores[base + i] - largest) / total; }
}
