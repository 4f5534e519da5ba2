// pos_embed: out[b, p] = table[p]
//
// read   table  f32 [n_ctx, model]
// write  out    f32 [batch, pos, model]

struct Uniforms {
  batch: u32,
  pos: u32,
  model: u32,
  n_ctx: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.batch * u.pos * u.model) { return; }
  out[i] = table[i % (u.pos * u.model)];
}
