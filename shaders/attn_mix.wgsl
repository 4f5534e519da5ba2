// attn_mix: z = pattern · v per head
//
// read   pattern  f32 [batch, head, query, key]
// read   v        f32 [batch, key, head, dim]
// write  z        f32 [batch, query, head, dim]

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.batch * u.query * u.head * u.dim) { return; }
  let e = i % u.dim;
  let head = i / u.dim % u.head;
  let query = i / (u.dim * u.head) % u.query;
  let batch = i / (u.dim * u.head * u.query);
  let pattern_base = ((batch * u.head + head) * u.query + query) * u.key;
  let v_step = u.head * u.dim;
  let v_base = batch * u.key * v_step + head * u.dim + e;
  var sum = 0.0;
  for (var key = 0u; key < u.key; key++) { sum += pattern[pattern_base + key] * v[v_base + key * v_step]; }
  z[i] = sum;
}
