// attn_scores: scores = scale · q·k per head, MASKED where causal attention may not look ahead; the last query stands at the
// last key
//
// read   q       f32 [batch, query, head, dim]
// read   k       f32 [batch, key, head, dim]
// write  scores  f32 [batch, head, query, key]

const MASKED = -1e30; // large and finite: WGSL promises nothing about infinities

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.batch * u.head * u.query * u.key) { return; }
  let key = i % u.key;
  let query = i / u.key % u.query;
  let head = i / (u.key * u.query) % u.head;
  let batch = i / (u.key * u.query * u.head);
  if (u.causal == 1 && key > query + (u.key - u.query)) {
    scores[i] = MASKED;
    return;
  }
  let q_base = ((batch * u.query + query) * u.head + head) * u.dim;
  let k_base = ((batch * u.key + key) * u.head + head) * u.dim;
  var sum = 0.0;
  for (var e = 0u; e < u.dim; e++) { sum += q[q_base + e] * k[k_base + e]; }
  scores[i] = sum * u.scale;
}
