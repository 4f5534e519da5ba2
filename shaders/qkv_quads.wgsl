// qkv_quads: q, k and v = x · w + bias, each with its own part of w and bias, a step from the next: matmul_quads three
// times, in the same bits.
//
// read   x     f32 [rows, inner]
// read   w     f32 [parts, w_step]
// read   bias  f32 [parts, bias_step]
// write  q     f32 [rows, cols]
// write  k     f32 [rows, cols]
// write  v     f32 [rows, cols]

enable subgroups;

override ROWS: u32 = 16; // at once, as in matmul_quads
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

// One lane's value of each of the four in a quad.
fn four(value: f32) -> vec4f {
  return vec4f(quadBroadcast(value, 0), quadBroadcast(value, 1), quadBroadcast(value, 2), quadBroadcast(value, 3));
}

// w at one k, for four columns.
fn weights(k: u32, cols: vec4u) -> vec4f {
  let at = cols + k;
  return vec4f(weight(at.x), weight(at.y), weight(at.z), weight(at.w));
}

fn put(at: u32, value: f32) {
  switch part {
    case 0: { q[at] = value; }
    case 1: { k[at] = value; }
    default: { v[at] = value; }
  }
}

fn store(row: u32, col: u32, sums: vec4f) {
  // In a loop, for stores written out take several times as long to compile as all that is below.
  for (var j = 0u; j < 4; j++) {
    let c = col + 4 * j;
    if (c >= u.cols) { return; }
    let at = row * u.cols + c;
    put(at, sums[j] + bias[part * u.bias_step + c]);
  }
}

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  part = group.z;
  let row = group.x * ROWS;
  let col = group.y * select(16u, 32u, ROWS == 16) + local.x;
  let quad = lane & 3;

  // Past the edge the last row or column is read again, and not stored.
  let last_row = u.rows - 1;
  let x0 = row * u.inner + quad;
  let x1 = min(row + 1, last_row) * u.inner + quad;
  let x2 = min(row + 2, last_row) * u.inner + quad;
  let x3 = min(row + 3, last_row) * u.inner + quad;

  let last_col = vec4u(u.cols - 1);
  let base = part * u.w_step;
  let w_left = min(vec4u(col, col + 4, col + 8, col + 12), last_col) + base;

  let last_k = u.inner - 1;
  if (ROWS == 16) {
    let x4 = min(row + 4, last_row) * u.inner + quad;
    let x5 = min(row + 5, last_row) * u.inner + quad;
    let x6 = min(row + 6, last_row) * u.inner + quad;
    let x7 = min(row + 7, last_row) * u.inner + quad;
    let x8 = min(row + 8, last_row) * u.inner + quad;
    let x9 = min(row + 9, last_row) * u.inner + quad;
    let x10 = min(row + 10, last_row) * u.inner + quad;
    let x11 = min(row + 11, last_row) * u.inner + quad;
    let x12 = min(row + 12, last_row) * u.inner + quad;
    let x13 = min(row + 13, last_row) * u.inner + quad;
    let x14 = min(row + 14, last_row) * u.inner + quad;
    let x15 = min(row + 15, last_row) * u.inner + quad;
    let w_right = min(vec4u(col + 16, col + 20, col + 24, col + 28), last_col) + base;
    var l0 = vec4f(); var r0 = vec4f();
    var l1 = vec4f(); var r1 = vec4f();
    var l2 = vec4f(); var r2 = vec4f();
    var l3 = vec4f(); var r3 = vec4f();
    var l4 = vec4f(); var r4 = vec4f();
    var l5 = vec4f(); var r5 = vec4f();
    var l6 = vec4f(); var r6 = vec4f();
    var l7 = vec4f(); var r7 = vec4f();
    var l8 = vec4f(); var r8 = vec4f();
    var l9 = vec4f(); var r9 = vec4f();
    var l10 = vec4f(); var r10 = vec4f();
    var l11 = vec4f(); var r11 = vec4f();
    var l12 = vec4f(); var r12 = vec4f();
    var l13 = vec4f(); var r13 = vec4f();
    var l14 = vec4f(); var r14 = vec4f();
    var l15 = vec4f(); var r15 = vec4f();
    for (var k = 0u; k < u.inner; k += 4) {
      // Past the last k its weights are read again, times 0.
      let k0 = k * u.cols;
      let k1 = min(k + 1, last_k) * u.cols;
      let k2 = min(k + 2, last_k) * u.cols;
      let k3 = min(k + 3, last_k) * u.cols;
      let left = mat4x4f(weights(k0, w_left), weights(k1, w_left), weights(k2, w_left), weights(k3, w_left));
      let right = mat4x4f(weights(k0, w_right), weights(k1, w_right), weights(k2, w_right), weights(k3, w_right));
      let beyond = k + quad > last_k;
      let a0 = four(select(x[x0 + k], 0, beyond)); l0 += left * a0; r0 += right * a0;
      let a1 = four(select(x[x1 + k], 0, beyond)); l1 += left * a1; r1 += right * a1;
      let a2 = four(select(x[x2 + k], 0, beyond)); l2 += left * a2; r2 += right * a2;
      let a3 = four(select(x[x3 + k], 0, beyond)); l3 += left * a3; r3 += right * a3;
      let a4 = four(select(x[x4 + k], 0, beyond)); l4 += left * a4; r4 += right * a4;
      let a5 = four(select(x[x5 + k], 0, beyond)); l5 += left * a5; r5 += right * a5;
      let a6 = four(select(x[x6 + k], 0, beyond)); l6 += left * a6; r6 += right * a6;
      let a7 = four(select(x[x7 + k], 0, beyond)); l7 += left * a7; r7 += right * a7;
      let a8 = four(select(x[x8 + k], 0, beyond)); l8 += left * a8; r8 += right * a8;
      let a9 = four(select(x[x9 + k], 0, beyond)); l9 += left * a9; r9 += right * a9;
      let a10 = four(select(x[x10 + k], 0, beyond)); l10 += left * a10; r10 += right * a10;
      let a11 = four(select(x[x11 + k], 0, beyond)); l11 += left * a11; r11 += right * a11;
      let a12 = four(select(x[x12 + k], 0, beyond)); l12 += left * a12; r12 += right * a12;
      let a13 = four(select(x[x13 + k], 0, beyond)); l13 += left * a13; r13 += right * a13;
      let a14 = four(select(x[x14 + k], 0, beyond)); l14 += left * a14; r14 += right * a14;
      let a15 = four(select(x[x15 + k], 0, beyond)); l15 += left * a15; r15 += right * a15;
    }
    var left_sums = array<vec4f, 16>(l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11, l12, l13, l14, l15);
    var right_sums = array<vec4f, 16>(r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15);
    for (var i = 0u; i < min(16, u.rows - row); i++) {
      store(row + i, col, left_sums[i]);
      store(row + i, col + 16, right_sums[i]);
    }
  } else {
    var l0 = vec4f();
    var l1 = vec4f();
    var l2 = vec4f();
    var l3 = vec4f();
    for (var k = 0u; k < u.inner; k += 4) {
      // Past the last k its weights are read again, times 0.
      let k0 = k * u.cols;
      let k1 = min(k + 1, last_k) * u.cols;
      let k2 = min(k + 2, last_k) * u.cols;
      let k3 = min(k + 3, last_k) * u.cols;
      let left = mat4x4f(weights(k0, w_left), weights(k1, w_left), weights(k2, w_left), weights(k3, w_left));
      let beyond = k + quad > last_k;
      l0 += left * four(select(x[x0 + k], 0, beyond));
      if (ROWS == 4) {
        l1 += left * four(select(x[x1 + k], 0, beyond));
        l2 += left * four(select(x[x2 + k], 0, beyond));
        l3 += left * four(select(x[x3 + k], 0, beyond));
      }
    }
    var sums = array<vec4f, 4>(l0, l1, l2, l3);
    for (var i = 0u; i < min(ROWS, u.rows - row); i++) { store(row + i, col, sums[i]); }
  }
}
