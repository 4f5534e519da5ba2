// extend_attention: extend_keys of scores and of their pattern; pos = past + fresh
//
// read   earlier_scores   f32 [heads, old, old]
// read   later_scores     f32 [heads, fresh, pos]
// read   earlier_pattern  f32 [heads, old, old]
// read   later_pattern    f32 [heads, fresh, pos]
// write  scores           f32 [heads, pos, pos]
// write  pattern          f32 [heads, pos, pos]

struct Uniforms {
  heads: u32, // of all entries of the batch
  old: u32,
  past: u32, // how many of the old queries are taken
  fresh: u32,
  pos: u32,
  scores_fill: f32, // what stands for a later key
  pattern_fill: f32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> earlier_scores: array<f32>;
@group(0) @binding(2) var<storage, read> later_scores: array<f32>;
@group(0) @binding(3) var<storage, read> earlier_pattern: array<f32>;
@group(0) @binding(4) var<storage, read> later_pattern: array<f32>;
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;
@group(0) @binding(6) var<storage, read_write> pattern: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.heads * u.pos * u.pos) { return; }
  let key = i % u.pos;
  let query = i / u.pos % u.pos;
  let head = i / (u.pos * u.pos);
  if (query >= u.past) {
    let at = (head * u.fresh + query - u.past) * u.pos + key;
    scores[i] = later_scores[at];
    pattern[i] = later_pattern[at];
  } else if (key < u.past) {
    let at = (head * u.old + query) * u.old + key;
    scores[i] = earlier_scores[at];
    pattern[i] = earlier_pattern[at];
  } else {
    scores[i] = u.scores_fill;
    pattern[i] = u.pattern_fill;
  }
}
