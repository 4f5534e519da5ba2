// matmul_add_tiled: y = x · w + bias, and sum = stream + y: matmul_tiled and add in one, in the same bits. What is
// written into the residual stream stays readable beside the stream that it was added to.
//
// read   x       f32 [rows, inner]
// read   w       f32 [inner, cols]
// read   bias    f32 [cols]
// read   stream  f32 [rows, cols]
// write  y       f32 [rows, cols]
// write  sum     f32 [rows, cols]

struct Uniforms {
  rows: u32,
  inner: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> stream: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> sum: array<f32>;

fn put(at: u32, value: f32) {
  y[at] = value;
  sum[at] = stream[at] + value;
}

// Both lie [k 16, quad 16], a quad being four rows of x or four columns of w; 17 apart, so that invocations that store
// side by side do not meet in one bank.
var<workgroup> x_tile: array<vec4f, 16 * 17>;
var<workgroup> w_tile: array<vec4f, 16 * 17>;

fn x_at(row: u32, k: u32) -> f32 {
  if (row >= u.rows || k >= u.inner) { return 0; }
  return x[row * u.inner + k];
}

fn w_at(k: u32, col: u32) -> f32 {
  if (k >= u.inner || col >= u.cols) { return 0; }
  return w[k * u.cols + col];
}

fn store(row: u32, col: u32, total: vec4f) {
  if (row >= u.rows) { return; }
  let at = row * u.cols + col;
  if (col + 0 < u.cols) { put(at + 0, total.x + bias[col + 0]); }
  if (col + 1 < u.cols) { put(at + 1, total.y + bias[col + 1]); }
  if (col + 2 < u.cols) { put(at + 2, total.z + bias[col + 2]); }
  if (col + 3 < u.cols) { put(at + 3, total.w + bias[col + 3]); }
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first_row = group.y * 64;
  let first_col = group.x * 64;

  var y0 = vec4f();
  var y1 = vec4f();
  var y2 = vec4f();
  var y3 = vec4f();

  // Each invocation fetches one quad of x and one of w; neighbours read neighbouring addresses.
  let x_k = lane % 16;
  let x_quad = lane / 16;
  let w_k = lane / 16;
  let w_quad = lane % 16;
  let x_row = first_row + x_quad * 4;
  let w_col = first_col + w_quad * 4;

  for (var first_k = 0u; first_k < u.inner; first_k += 16) {
    let k_of_x = first_k + x_k;
    let k_of_w = first_k + w_k;
    x_tile[x_k * 17 + x_quad] =
      vec4f(x_at(x_row, k_of_x), x_at(x_row + 1, k_of_x), x_at(x_row + 2, k_of_x), x_at(x_row + 3, k_of_x));
    w_tile[w_k * 17 + w_quad] =
      vec4f(w_at(k_of_w, w_col), w_at(k_of_w, w_col + 1), w_at(k_of_w, w_col + 2), w_at(k_of_w, w_col + 3));
    workgroupBarrier();

    for (var k = 0u; k < 16; k++) {
      let four_rows = x_tile[k * 17 + local.y];
      let four_cols = w_tile[k * 17 + local.x];
      y0 += four_rows.x * four_cols;
      y1 += four_rows.y * four_cols;
      y2 += four_rows.z * four_cols;
      y3 += four_rows.w * four_cols;
    }
    workgroupBarrier();
  }

  let row = first_row + local.y * 4;
  let col = first_col + local.x * 4;
  store(row + 0, col, y0);
  store(row + 1, col, y1);
  store(row + 2, col, y2);
  store(row + 3, col, y3);
}
