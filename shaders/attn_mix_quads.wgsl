// attn_mix_quads: z = pattern · v per head, 16 queries and 32 dimensions per workgroup. The four invocations of a quad load the
// weights of four keys at once, as in matmul_quads.
//
// read   pattern  f32 [batch, head, query, key]
// read   v        f32 [batch, key, head, dim]
// write  z        f32 [batch, query, head, dim]

enable subgroups;

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

fn store(row: u32, query: u32, e: u32, sum: vec4f) {
  if (query >= u.query) { return; }
  let to = row + query * u.head * u.dim + e;
  if (e + 0 < u.dim) { z[to + 0] = sum.x; }
  if (e + 8 < u.dim) { z[to + 8] = sum.y; }
  if (e + 16 < u.dim) { z[to + 16] = sum.z; }
  if (e + 24 < u.dim) { z[to + 24] = sum.w; }
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
  let query = group.x * 16;
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
    let block = mat4x4f(
      values(key, places),
      values(min(key + 1, last_key), places),
      values(min(key + 2, last_key), places),
      values(min(key + 3, last_key), places),
    );
    let beyond = key + quad > last_key;
    s0 += block * four(select(pattern[p0 + key], 0, beyond));
    s1 += block * four(select(pattern[p1 + key], 0, beyond));
    s2 += block * four(select(pattern[p2 + key], 0, beyond));
    s3 += block * four(select(pattern[p3 + key], 0, beyond));
    s4 += block * four(select(pattern[p4 + key], 0, beyond));
    s5 += block * four(select(pattern[p5 + key], 0, beyond));
    s6 += block * four(select(pattern[p6 + key], 0, beyond));
    s7 += block * four(select(pattern[p7 + key], 0, beyond));
    s8 += block * four(select(pattern[p8 + key], 0, beyond));
    s9 += block * four(select(pattern[p9 + key], 0, beyond));
    s10 += block * four(select(pattern[p10 + key], 0, beyond));
    s11 += block * four(select(pattern[p11 + key], 0, beyond));
    s12 += block * four(select(pattern[p12 + key], 0, beyond));
    s13 += block * four(select(pattern[p13 + key], 0, beyond));
    s14 += block * four(select(pattern[p14 + key], 0, beyond));
    s15 += block * four(select(pattern[p15 + key], 0, beyond));
  }

  let row = (batch * u.query * u.head + head) * u.dim;
  store(row, query + 0, e, s0);
  store(row, query + 1, e, s1);
  store(row, query + 2, e, s2);
  store(row, query + 3, e, s3);
  store(row, query + 4, e, s4);
  store(row, query + 5, e, s5);
  store(row, query + 6, e, s6);
  store(row, query + 7, e, s7);
  store(row, query + 8, e, s8);
  store(row, query + 9, e, s9);
  store(row, query + 10, e, s10);
  store(row, query + 11, e, s11);
  store(row, query + 12, e, s12);
  store(row, query + 13, e, s13);
  store(row, query + 14, e, s14);
  store(row, query + 15, e, s15);
}
