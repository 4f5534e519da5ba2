// qkv_registers: q, k and v = x · w + bias, each with its own part of w and bias, a step from the next: matmul_registers
// three times, in the same bits.
//
// read   x     f32 [rows, inner]
// read   w     f32 [parts, w_step]
// read   bias  f32 [parts, bias_step]
// write  q     f32 [rows, cols]
// write  k     f32 [rows, cols]
// write  v     f32 [rows, cols]

override HALF: bool = false; // two f16 in each word of w, as src/tensor/f16.ts packs them

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

fn weight(at: u32) -> f32 {
  if (!HALF) { return w[at]; }
  let two = unpack2x16float(bitcast<u32>(w[at >> 1]) - 0x800000);
  return select(two.x, two.y, (at & 1) == 1);
}

fn put(at: u32, value: f32) {
  switch part {
    case 0: { q[at] = value; }
    case 1: { k[at] = value; }
    default: { v[at] = value; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  part = id.z;
  let row = id.y * 8;
  let col = id.x * 8;
  if (row >= u.rows || col >= u.cols) { return; }

  // Past the edge the last row or column is read again, and not stored.
  let last_row = u.rows - 1;
  let x0 = row * u.inner;
  let x1 = min(row + 1, last_row) * u.inner;
  let x2 = min(row + 2, last_row) * u.inner;
  let x3 = min(row + 3, last_row) * u.inner;
  let x4 = min(row + 4, last_row) * u.inner;
  let x5 = min(row + 5, last_row) * u.inner;
  let x6 = min(row + 6, last_row) * u.inner;
  let x7 = min(row + 7, last_row) * u.inner;

  let last_col = u.cols - 1;
  let base = part * u.w_step;
  let w0 = base + col;
  let w1 = base + min(col + 1, last_col);
  let w2 = base + min(col + 2, last_col);
  let w3 = base + min(col + 3, last_col);
  let w4 = base + min(col + 4, last_col);
  let w5 = base + min(col + 5, last_col);
  let w6 = base + min(col + 6, last_col);
  let w7 = base + min(col + 7, last_col);

  var l0 = vec4f(); var r0 = vec4f();
  var l1 = vec4f(); var r1 = vec4f();
  var l2 = vec4f(); var r2 = vec4f();
  var l3 = vec4f(); var r3 = vec4f();
  var l4 = vec4f(); var r4 = vec4f();
  var l5 = vec4f(); var r5 = vec4f();
  var l6 = vec4f(); var r6 = vec4f();
  var l7 = vec4f(); var r7 = vec4f();

  for (var k = 0u; k < u.inner; k++) {
    let at = k * u.cols;
    let left = vec4f(weight(w0 + at), weight(w1 + at), weight(w2 + at), weight(w3 + at));
    let right = vec4f(weight(w4 + at), weight(w5 + at), weight(w6 + at), weight(w7 + at));
    let a0 = x[x0 + k]; l0 += a0 * left; r0 += a0 * right;
    let a1 = x[x1 + k]; l1 += a1 * left; r1 += a1 * right;
    let a2 = x[x2 + k]; l2 += a2 * left; r2 += a2 * right;
    let a3 = x[x3 + k]; l3 += a3 * left; r3 += a3 * right;
    let a4 = x[x4 + k]; l4 += a4 * left; r4 += a4 * right;
    let a5 = x[x5 + k]; l5 += a5 * left; r5 += a5 * right;
    let a6 = x[x6 + k]; l6 += a6 * left; r6 += a6 * right;
    let a7 = x[x7 + k]; l7 += a7 * left; r7 += a7 * right;
  }

  // In loops, for these stores written out take several times as long to compile as all that is above.
  var sums = array<vec4f, 16>(l0, r0, l1, r1, l2, r2, l3, r3, l4, r4, l5, r5, l6, r6, l7, r7);
  for (var i = 0u; i < min(8, u.rows - row); i++) {
    for (var j = 0u; j < min(8, u.cols - col); j++) {
      let at = (row + i) * u.cols + col + j;
      put(at, sums[2 * i + j / 4][j % 4] + bias[part * u.bias_step + col + j]);
    }
  }
}
