// qkv_tiled: q, k and v = x · w + bias, each with its own part of w and bias, a step from the next: matmul_tiled
// three times, in the same bits.
//
// read   x     f32 [rows, inner]
// read   w     f32 [parts, w_step]
// read   bias  f32 [parts, bias_step]
// write  q     f32 [rows, cols]
// write  k     f32 [rows, cols]
// write  v     f32 [rows, cols]

override FEW: bool = false; // rows, four at most: a shader of its own
override HALF: bool = false; // two f16 in each word of w, as src/tensor/f16.ts packs them

const RUNS = 64; // that have their sums in workgroup memory at once

struct Uniforms {
  parts: u32,
  rows: u32,
  inner: u32,
  cols: u32,
  w_step: u32,
  bias_step: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> q: array<f32>;
@group(0) @binding(5) var<storage, read_write> k: array<f32>;
@group(0) @binding(6) var<storage, read_write> v: array<f32>;

// Which of the three this workgroup computes.
var<private> part: u32;

fn put(at: u32, value: f32) {
  switch part {
    case 0: { q[at] = value; }
    case 1: { k[at] = value; }
    default: { v[at] = value; }
  }
}

// Both lie [k 16, quad 16], a quad being four rows of x or four columns of w; 17 apart, so that invocations that store
// side by side do not meet in one bank.
var<workgroup> x_tile: array<vec4f, 16 * 17>;
var<workgroup> w_tile: array<vec4f, 16 * 17>;
// [run, column]
var<workgroup> runs: array<f32, 64 * 16>;

fn weight(at: u32) -> f32 {
  if (!HALF) { return w[at]; }
  let two = unpack2x16float(bitcast<u32>(w[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

fn x_at(row: u32, k: u32) -> f32 {
  if (row >= u.rows || k >= u.inner) { return 0; }
  return x[row * u.inner + k];
}

fn w_at(k: u32, col: u32) -> f32 {
  if (k >= u.inner || col >= u.cols) { return 0; }
  return weight(part * u.w_step + k * u.cols + col);
}

fn fetch_x(k: u32, quad: u32, first_row: u32, first_k: u32) {
  let row = first_row + quad * 4;
  let at = first_k + k;
  x_tile[k * 17 + quad] = vec4f(x_at(row, at), x_at(row + 1, at), x_at(row + 2, at), x_at(row + 3, at));
}

fn fetch_w(k: u32, quad: u32, first_col: u32, first_k: u32) {
  let col = first_col + quad * 4;
  let at = first_k + k;
  w_tile[k * 17 + quad] = vec4f(w_at(at, col), w_at(at, col + 1), w_at(at, col + 2), w_at(at, col + 3));
}

// One row's 16 columns: an invocation has a column, and every eighth run of it.
fn few(row: u32, first_col: u32, lane: u32) {
  let column = lane % 16;
  let col = first_col + column;
  let base = row * u.inner;
  var total = 0.0;
  for (var first_k = 0u; first_k < u.inner; first_k += 32 * RUNS) {
    for (var run = lane / 16; run < RUNS; run += 8) {
      let k_from = min(first_k + 32 * run, u.inner);
      var sum = 0.0;
      for (var k = k_from; k < min(k_from + 32, u.inner); k++) { sum = fma(x[base + k], w_at(k, col), sum); }
      runs[run * 16 + column] = sum;
    }
    workgroupBarrier();
    if (lane < 16) {
      for (var run = 0u; run < RUNS; run++) { total += runs[run * 16 + column]; }
    }
    workgroupBarrier();
  }
  if (lane < 16 && col < u.cols) { put(row * u.cols + col, total + bias[part * u.bias_step + col]); }
}

@compute @workgroup_size(8, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  part = group.z;
  if (FEW) {
    few(group.y, group.x * 16, lane);
    return;
  }
  let first_row = group.y * 64;
  let first_col = group.x * 64;

  // Of four rows: the run's sums, and those of the runs before; four columns to the left, and four 32 to the right.
  var l0 = vec4f(); var r0 = vec4f(); var left0 = vec4f(); var right0 = vec4f();
  var l1 = vec4f(); var r1 = vec4f(); var left1 = vec4f(); var right1 = vec4f();
  var l2 = vec4f(); var r2 = vec4f(); var left2 = vec4f(); var right2 = vec4f();
  var l3 = vec4f(); var r3 = vec4f(); var left3 = vec4f(); var right3 = vec4f();

  for (var first_k = 0u; first_k < u.inner; first_k += 16) {
    // Each invocation fetches two quads of x and two of w; neighbours read neighbouring addresses.
    for (var place = lane; place < 256; place += 128) {
      fetch_x(place % 16, place / 16, first_row, first_k);
      fetch_w(place / 16, place % 16, first_col, first_k);
    }
    workgroupBarrier();

    for (var k = 0u; k < 16; k++) {
      let four_rows = x_tile[k * 17 + local.y];
      let left = w_tile[k * 17 + local.x];
      let right = w_tile[k * 17 + local.x + 8];
      l0 = fma(vec4f(four_rows.x), left, l0); r0 = fma(vec4f(four_rows.x), right, r0);
      l1 = fma(vec4f(four_rows.y), left, l1); r1 = fma(vec4f(four_rows.y), right, r1);
      l2 = fma(vec4f(four_rows.z), left, l2); r2 = fma(vec4f(four_rows.z), right, r2);
      l3 = fma(vec4f(four_rows.w), left, l3); r3 = fma(vec4f(four_rows.w), right, r3);
    }
    workgroupBarrier();

    // The run ends, or the row.
    if ((first_k & 16) == 16 || first_k + 16 >= u.inner) {
      left0 += l0; l0 = vec4f(); right0 += r0; r0 = vec4f();
      left1 += l1; l1 = vec4f(); right1 += r1; r1 = vec4f();
      left2 += l2; l2 = vec4f(); right2 += r2; r2 = vec4f();
      left3 += l3; l3 = vec4f(); right3 += r3; r3 = vec4f();
    }
  }

  let row = first_row + local.y * 4;
  let col = first_col + local.x * 4;
  // In loops, for these stores written out take several times as long to compile as all that is above.
  var sums = array<vec4f, 8>(left0, right0, left1, right1, left2, right2, left3, right3);
  for (var i = 0u; i < min(4, max(u.rows, row) - row); i++) {
    for (var j = 0u; j < 8; j++) {
      let c = col + 32 * (j / 4) + j % 4;
      if (c >= u.cols) { break; }
      let at = (row + i) * u.cols + c;
      put(at, sums[2 * i + j / 4][j % 4] + bias[part * u.bias_step + c]);
    }
  }
}
