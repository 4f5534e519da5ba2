// extend_rows: out = the first rows of an earlier pass's tensor, then rows of this pass; pos = past + fresh
//
// read   earlier  f32 [batch, old, width]
// read   later    f32 [batch, fresh, width]
// write  out      f32 [batch, pos, width]

struct Uniforms {
  batch: u32,
  old: u32,
  past: u32, // how many of the old rows are taken
  fresh: u32,
  pos: u32,
  width: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> earlier: array<f32>;
@group(0) @binding(2) var<storage, read> later: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.batch * u.pos * u.width) { return; }
  let at = i % u.width;
  let row = i / u.width % u.pos;
  let batch = i / (u.width * u.pos);
  if (row < u.past) {
    out[i] = earlier[(batch * u.old + row) * u.width + at];
  } else {
    out[i] = later[(batch * u.fresh + row - u.past) * u.width + at];
  }
}
