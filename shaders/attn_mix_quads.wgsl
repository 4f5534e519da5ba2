// attn_mix_quads: z = pattern · v per head, ROWS queries and 32 dimensions per workgroup. The four invocations of a quad load the
// weights of four keys at once, as in matmul_quads.
//
// read   pattern  f32 [batch, head, query, key]
// read   v        f32 [batch, key, head, dim]
// write  z        f32 [batch, query, head, dim]

enable subgroups;

override ROWS: u32 = 16; // queries that a workgroup takes at once: 16, 4 or 1, as in matmul_quads

struct Uniforms {
  batch: u32,
  head: u32,
  query: u32,
  key: u32,
  dim: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> pattern: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;

// One lane's value of each of the four in a quad.
fn four(value: f32) -> vec4f {
  return vec4f(quadBroadcast(value, 0), quadBroadcast(value, 1), quadBroadcast(value, 2), quadBroadcast(value, 3));
}

// v at one key, for four dimensions.
fn values(key: u32, places: vec4u) -> vec4f {
  let i = places + key * u.head * u.dim;
  return vec4f(v[i.x], v[i.y], v[i.z], v[i.w]);
}

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let blocks = (u.dim + 31) / 32; // of dimensions, per head
  let head = group.y / blocks;
  let e = group.y % blocks * 32 + local.x;
  let batch = group.z;
  let query = group.x * ROWS;
  let quad = lane & 3;

  // Past the edge the last query, key or dimension is read again, and not stored.
  let last_query = u.query - 1;
  let p_base = (batch * u.head + head) * u.query;
  let p0 = (p_base + min(query + 0, last_query)) * u.key + quad;
  let p1 = (p_base + min(query + 1, last_query)) * u.key + quad;
  let p2 = (p_base + min(query + 2, last_query)) * u.key + quad;
  let p3 = (p_base + min(query + 3, last_query)) * u.key + quad;
  let p4 = (p_base + min(query + 4, last_query)) * u.key + quad;
  let p5 = (p_base + min(query + 5, last_query)) * u.key + quad;
  let p6 = (p_base + min(query + 6, last_query)) * u.key + quad;
  let p7 = (p_base + min(query + 7, last_query)) * u.key + quad;
  let p8 = (p_base + min(query + 8, last_query)) * u.key + quad;
  let p9 = (p_base + min(query + 9, last_query)) * u.key + quad;
  let p10 = (p_base + min(query + 10, last_query)) * u.key + quad;
  let p11 = (p_base + min(query + 11, last_query)) * u.key + quad;
  let p12 = (p_base + min(query + 12, last_query)) * u.key + quad;
  let p13 = (p_base + min(query + 13, last_query)) * u.key + quad;
  let p14 = (p_base + min(query + 14, last_query)) * u.key + quad;
  let p15 = (p_base + min(query + 15, last_query)) * u.key + quad;

  let places = (batch * u.key * u.head + head) * u.dim + min(vec4u(e, e + 8, e + 16, e + 24), vec4u(u.dim - 1));
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  var s8 = vec4f();
  var s9 = vec4f();
  var s10 = vec4f();
  var s11 = vec4f();
  var s12 = vec4f();
  var s13 = vec4f();
  var s14 = vec4f();
  var s15 = vec4f();
  let last_key = u.key - 1;
  for (var key = 0u; key < u.key; key += 4) {
    let part = mat4x4f(
      values(key, places),
      values(min(key + 1, last_key), places),
      values(min(key + 2, last_key), places),
      values(min(key + 3, last_key), places)
    );
    let beyond = key + quad > last_key;
    s0 += part * four(select(pattern[p0 + key], 0, beyond));
    if (ROWS >= 4) {
      s1 += part * four(select(pattern[p1 + key], 0, beyond));
      s2 += part * four(select(pattern[p2 + key], 0, beyond));
      s3 += part * four(select(pattern[p3 + key], 0, beyond));
    }
    if (ROWS == 16) {
      s4 += part * four(select(pattern[p4 + key], 0, beyond));
      s5 += part * four(select(pattern[p5 + key], 0, beyond));
      s6 += part * four(select(pattern[p6 + key], 0, beyond));
      s7 += part * four(select(pattern[p7 + key], 0, beyond));
      s8 += part * four(select(pattern[p8 + key], 0, beyond));
      s9 += part * four(select(pattern[p9 + key], 0, beyond));
      s10 += part * four(select(pattern[p10 + key], 0, beyond));
      s11 += part * four(select(pattern[p11 + key], 0, beyond));
      s12 += part * four(select(pattern[p12 + key], 0, beyond));
      s13 += part * four(select(pattern[p13 + key], 0, beyond));
      s14 += part * four(select(pattern[p14 + key], 0, beyond));
      s15 += part * four(select(pattern[p15 + key], 0, beyond));
    }
  }

  var sums = array<vec4f, 16>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
  for (var i = 0u; i < min(ROWS, u.query - query); i++) {
    for (var j = 0u; j < 4; j++) {
      let dim = e + 8 * j;
      if (dim >= u.dim) { break; }
      z[((batch * u.query + query + i) * u.head + head) * u.dim + dim] = sums[i][j];
    }
  }
}
