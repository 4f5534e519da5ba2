// attn_scores_quads: scores = scale · q·k per head, MASKED where causal attention may not look ahead, for ROWS queries and all keys
// per workgroup. The four invocations of a quad load four dimensions of a query at once, as in matmul_quads.
//
// read   q       f32 [batch, query, head, dim]
// read   k       f32 [batch, key, head, dim]
// write  scores  f32 [batch, head, query, key]

enable subgroups;

override ROWS: u32 = 8; // queries that a workgroup takes at once: 8, 4 or 1, as in matmul_quads

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

// One lane's value of each of the four in a quad.
fn four(value: f32) -> vec4f {
  return vec4f(quadBroadcast(value, 0), quadBroadcast(value, 1), quadBroadcast(value, 2), quadBroadcast(value, 3));
}

// k at one dimension, for four keys.
fn at(e: u32, keys: vec4u) -> vec4f {
  let i = keys + e;
  return vec4f(k[i.x], k[i.y], k[i.z], k[i.w]);
}

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let head = group.y;
  let batch = group.z;
  let query = group.x * ROWS;
  let quad = lane & 3;
  let row = (batch * u.head + head) * u.query + query;
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
    if (u.causal == 0 || first <= query + ROWS - 1 + (u.key - u.query)) {
      let keys = k_base + min(vec4u(key, key + 4, key + 8, key + 12), last_key) * step;
      for (var e = 0u; e < u.dim; e += 4) {
        let part = mat4x4f(
          at(e, keys), at(min(e + 1, last_e), keys), at(min(e + 2, last_e), keys), at(min(e + 3, last_e), keys)
        );
        let beyond = e + quad > last_e;
        s0 += part * four(select(q[q0 + e], 0, beyond));
        if (ROWS >= 4) {
          s1 += part * four(select(q[q1 + e], 0, beyond));
          s2 += part * four(select(q[q2 + e], 0, beyond));
          s3 += part * four(select(q[q3 + e], 0, beyond));
        }
        if (ROWS == 8) {
          s4 += part * four(select(q[q4 + e], 0, beyond));
          s5 += part * four(select(q[q5 + e], 0, beyond));
          s6 += part * four(select(q[q6 + e], 0, beyond));
          s7 += part * four(select(q[q7 + e], 0, beyond));
        }
      }
    }
    var sums = array<vec4f, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
    for (var i = 0u; i < min(ROWS, u.query - query); i++) {
      for (var j = 0u; j < 4; j++) {
        let c = key + 4 * j;
        if (c >= u.key) { break; }
        let masked = u.causal == 1 && c > query + i + (u.key - u.query);
        let score = select(sums[i][j] * u.scale, MASKED, masked);
        scores[(row + i) * u.key + c] = score;
      }
    }
  }
}
