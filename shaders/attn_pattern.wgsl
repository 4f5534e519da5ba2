// attn_pattern: scores = scale · q·k per head, masked as in attn_scores, and pattern = softmax of each row of them:
// attn_scores and softmax in one, in the same bits
//
// read   q        f32 [batch, query, head, dim]
// read   k        f32 [batch, key, head, dim]
// write  scores   f32 [batch, head, query, key]
// write  pattern  f32 [batch, head, query, key]

const MASKED = -1e30; // large and finite: WGSL promises nothing about infinities
const LEAST = -87.33; // exp of less than this is no normal f32

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64;
  if (row >= u.batch * u.head * u.query) { return; }
  let query = row % u.query;
  let head = row / u.query % u.head;
  let batch = row / (u.query * u.head);
  let base = row * u.key;
  let q_base = ((batch * u.query + query) * u.head + head) * u.dim;

  var largest = MASKED;
  for (var key = 0u; key < u.key; key++) {
    if (u.causal == 1 && key > query + (u.key - u.query)) {
      scores[base + key] = MASKED;
      continue;
    }
    let k_base = ((batch * u.key + key) * u.head + head) * u.dim;
    var sum = 0.0;
    for (var e = 0u; e < u.dim; e++) { sum += q[q_base + e] * k[k_base + e]; }
    let score = sum * u.scale;
    scores[base + key] = score;
    largest = select(max(largest, score), score, key == 0);
  }
  if (u.causal == 1 && query + 1 < u.query) { largest = max(largest, MASKED); }

  var total = 0.0;
  for (var i = 0u; i < u.key; i++) { total += weight(scores[base + i] - largest); }

  for (var i = 0u; i < u.key; i++) { pattern[base + i] = weight(scores[base + i] - largest) / total; }
}
