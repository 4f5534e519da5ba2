// embed: out[row] = table[ids[row] - first], zeros where that lies outside the table
//
// read   table  f32 [vocab, model]
// read   ids    u32 [rows]
// write  out    f32 [rows, model]

override HALF: bool = false; // two f16 in each word of table, as src/tensor/f16.ts packs them

struct Uniforms {
  rows: u32,
  vocab: u32,
  model: u32,
  first: u32, // token id of the table's first row: a large table is split by rows
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn weight(at: u32) -> f32 {
  if (!HALF) { return table[at]; }
  let two = unpack2x16float(bitcast<u32>(table[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.rows * u.model) { return; }
  let entry = ids[i / u.model] - u.first; // wraps to a large number below first
  out[i] = 0;
  if (entry < u.vocab) { out[i] = weight(entry * u.model + i % u.model); }
}
