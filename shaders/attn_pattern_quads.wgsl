// attn_pattern_quads: scores = scale · q·k per head, masked as in attn_scores_quads, and pattern = softmax of each row of them:
// attn_scores_quads and softmax_quads in one, in the same bits
//
// read   q        f32 [batch, query, head, dim]
// read   k        f32 [batch, key, head, dim]
// write  scores   f32 [batch, head, query, key]
// write  pattern  f32 [batch, head, query, key]

enable subgroups;

const MASKED = -1e30; // large and finite: WGSL promises nothing about infinities
const LEAST = -87.33; // exp of less than this is no normal f32
const LOWEST = -0x1.fffffep+127; // of all f32

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

// One lane's value of each of the four in a quad.
fn four(value: f32) -> vec4f {
  return vec4f(quadBroadcast(value, 0), quadBroadcast(value, 1), quadBroadcast(value, 2), quadBroadcast(value, 3));
}

// k at one dimension, for four keys.
fn at(e: u32, keys: vec4u) -> vec4f {
  let i = keys + e;
  return vec4f(k[i.x], k[i.y], k[i.z], k[i.w]);
}

fn store(row: u32, query: u32, key: u32, score: f32, largest: f32) -> f32 {
  if (query >= u.query || key >= u.key) { return largest; }
  let masked = u.causal == 1 && key > query + (u.key - u.query);
  let value = select(score * u.scale, MASKED, masked);
  scores[(row + query) * u.key + key] = value;
  return max(largest, value);
}

fn store_all(row: u32, query: u32, key: u32, score: vec4f, largest: f32) -> f32 {
  let a = store(row, query, key, score.x, largest);
  let b = store(row, query, key + 4, score.y, a);
  let c = store(row, query, key + 8, score.z, b);
  return store(row, query, key + 12, score.w, c);
}

fn weight(t: f32) -> f32 {
  return select(exp(t), 0.0, t < LEAST);
}

// As softmax_quads has it.
fn normalize(row: u32, first: u32, own: f32) {
  let pair = max(own, quadSwapX(own));
  let largest = max(pair, quadSwapY(pair));
  let base = row * u.key;
  var sum = 0.0;
  for (var i = first; i < u.key; i += 4) { sum += weight(scores[base + i] - largest); }
  let half = sum + quadSwapX(sum);
  let total = half + quadSwapY(half);
  for (var i = first; i < u.key; i += 4) { pattern[base + i] = weight(scores[base + i] - largest) / total; }
}

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let head = group.y;
  let batch = group.z;
  let query = group.x * 8;
  let quad = lane & 3;
  let row = (batch * u.head + head) * u.query;
  let step = u.head * u.dim;

  // Past the edge the last query, key or dimension is read again, and not stored.
  let last_query = u.query - 1;
  let q_base = (batch * u.query * u.head + head) * u.dim + quad;
  let q0 = q_base + min(query + 0, last_query) * step;
  let q1 = q_base + min(query + 1, last_query) * step;
  let q2 = q_base + min(query + 2, last_query) * step;
  let q3 = q_base + min(query + 3, last_query) * step;
  let q4 = q_base + min(query + 4, last_query) * step;
  let q5 = q_base + min(query + 5, last_query) * step;
  let q6 = q_base + min(query + 6, last_query) * step;
  let q7 = q_base + min(query + 7, last_query) * step;

  let k_base = (batch * u.key * u.head + head) * u.dim;
  let last_key = vec4u(u.key - 1);
  let last_e = u.dim - 1;
  var m0 = LOWEST;
  var m1 = LOWEST;
  var m2 = LOWEST;
  var m3 = LOWEST;
  var m4 = LOWEST;
  var m5 = LOWEST;
  var m6 = LOWEST;
  var m7 = LOWEST;
  for (var first = 0u; first < u.key; first += 16) {
    var s0 = vec4f();
    var s1 = vec4f();
    var s2 = vec4f();
    var s3 = vec4f();
    var s4 = vec4f();
    var s5 = vec4f();
    var s6 = vec4f();
    var s7 = vec4f();
    let key = first + local.x;
    // Where no query of these sees any of these keys, there is nothing to compute.
    if (u.causal == 0 || first <= query + 7 + (u.key - u.query)) {
      let keys = k_base + min(vec4u(key, key + 4, key + 8, key + 12), last_key) * step;
      for (var e = 0u; e < u.dim; e += 4) {
        let block = mat4x4f(
          at(e, keys), at(min(e + 1, last_e), keys), at(min(e + 2, last_e), keys), at(min(e + 3, last_e), keys),
        );
        let beyond = e + quad > last_e;
        s0 += block * four(select(q[q0 + e], 0, beyond));
        s1 += block * four(select(q[q1 + e], 0, beyond));
        s2 += block * four(select(q[q2 + e], 0, beyond));
        s3 += block * four(select(q[q3 + e], 0, beyond));
        s4 += block * four(select(q[q4 + e], 0, beyond));
        s5 += block * four(select(q[q5 + e], 0, beyond));
        s6 += block * four(select(q[q6 + e], 0, beyond));
        s7 += block * four(select(q[q7 + e], 0, beyond));
      }
    }
    m0 = store_all(row, query + 0, key, s0, m0);
    m1 = store_all(row, query + 1, key, s1, m1);
    m2 = store_all(row, query + 2, key, s2, m2);
    m3 = store_all(row, query + 3, key, s3, m3);
    m4 = store_all(row, query + 4, key, s4, m4);
    m5 = store_all(row, query + 5, key, s5, m5);
    m6 = store_all(row, query + 6, key, s6, m6);
    m7 = store_all(row, query + 7, key, s7, m7);
  }

  if (query + 0 < u.query) { normalize(row + query + 0, local.x, m0); }
  if (query + 1 < u.query) { normalize(row + query + 1, local.x, m1); }
  if (query + 2 < u.query) { normalize(row + query + 2, local.x, m2); }
  if (query + 3 < u.query) { normalize(row + query + 3, local.x, m3); }
  if (query + 4 < u.query) { normalize(row + query + 4, local.x, m4); }
  if (query + 5 < u.query) { normalize(row + query + 5, local.x, m5); }
  if (query + 6 < u.query) { normalize(row + query + 6, local.x, m6); }
  if (query + 7 < u.query) { normalize(row + query + 7, local.x, m7); }
}
