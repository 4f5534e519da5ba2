// concat: out = [left, right] along the last axis; cols = left_cols + right_cols
//
// read   left   f32 [rows, left_cols]
// read   right  f32 [rows, right_cols]
// write  out    f32 [rows, cols]

struct Uniforms {
  rows: u32,
  left_cols: u32,
  right_cols: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.rows * u.cols) { return; }
  let row = i / u.cols;
  let col = i % u.cols;
  if (col < u.left_cols) {
    out[i] = left[row * u.left_cols + col];
  } else {
    out[i] = right[row * u.right_cols + col - u.left_cols];
  }
}
