// pos_embed: out[b, p] = table[p]
//
// read   table  f32 [n_ctx, model]
// write  out    f32 [batch, pos, model]

override HALF: bool = false; // two f16 in each word of table, as src/tensor/f16.ts packs them

struct Uniforms {
  batch: u32,
  pos: u32,
  model: u32,
  n_ctx: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn weight(at: u32) -> f32 {
  if (!HALF) { return table[at]; }
  let two = unpack2x16float(bitcast<u32>(table[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.batch * u.pos * u.model) { return; }
  out[i] = weight(i % (u.pos * u.model));
}
