// extend_keys: out = the first queries of an earlier pass's scores or pattern, which have no later keys, then queries of this
// pass; pos = past + fresh
//
// read   earlier  f32 [heads, old, old]
// read   later    f32 [heads, fresh, pos]
// write  out      f32 [heads, pos, pos]

struct Uniforms {
  heads: u32, // of all entries of the batch
  old: u32,
  past: u32, // how many of the old queries are taken
  fresh: u32,
  pos: u32,
  fill: f32, // what stands for a later key: a masked score, or a weight of 0
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> earlier: array<f32>;
@group(0) @binding(2) var<storage, read> later: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.heads * u.pos * u.pos) { return; }
  let key = i % u.pos;
  let query = i / u.pos % u.pos;
  let head = i / (u.pos * u.pos);
  if (query >= u.past) {
    out[i] = later[(head * u.fresh + query - u.past) * u.pos + key];
  } else if (key < u.past) {
    out[i] = earlier[(head * u.old + query) * u.old + key];
  } else {
    out[i] = u.fill;
  }
}
