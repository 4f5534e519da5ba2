// matmul_act_tiled: y = x · w + bias, and fired = activation(y): matmul_tiled and an activation function in one, in the
// same bits.
//
// read   x       f32 [rows, inner]
// read   w       f32 [inner, cols]
// read   bias    f32 [cols]
// write  y       f32 [rows, cols]
// write  fired   f32 [rows, cols]

override ACTIVATION: u32 = 0; // 0 relu, 1 gelu, 2 gelu_new, 3 silu: each as its own shader has it

struct Uniforms {
  rows: u32,
  inner: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> fired: array<f32>;

// Φ(-a) as in gelu.wgsl, which says where it is from.
fn tail(a: f32) -> f32 {
  let t = 1 / (1 + 0.35355339 * a);
  var p = 0.13896838283581603;
  p = p * t - 0.6483132061768229;
  p = p * t + 1.0801556694558103;
  p = p * t - 0.5943177449656923;
  p = p * t - 0.16452228799591861;
  p = p * t + 0.04593950351765119;
  p = p * t + 0.01945696360659882;
  p = p * t + 0.3897953519982896;
  p = p * t + 0.9982675453042164;
  p = p * t - 1.2654301344645216;
  let exponent = p - 0.5 * a * a;
  return select(0.5 * t * exp(exponent), 0.0, exponent < -87.33);
}

const LINEAR = 1.5957691216057308; // 2 √(2/π)
const CUBIC = 0.07135481282052102; // 2 √(2/π) · 0.044715

fn activation(value: f32) -> f32 {
  switch ACTIVATION {
    case 0: { return max(value, 0); }
    case 1: {
      let q = tail(abs(value));
      return value * select(1 - q, q, value < 0);
    }
    case 2: {
      let z = value * (LINEAR + CUBIC * (value * value));
      return select(value / (1 + exp(-z)), 0.0, z < -87);
    }
    default: { return select(value / (1 + exp(-value)), 0.0, value < -87); }
  }
}

fn put(at: u32, value: f32) {
  y[at] = value;
  fired[at] = activation(value);
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

fn store(row: u32, col: u32, sum: vec4f) {
  if (row >= u.rows) { return; }
  let at = row * u.cols + col;
  if (col + 0 < u.cols) { put(at + 0, sum.x + bias[col + 0]); }
  if (col + 1 < u.cols) { put(at + 1, sum.y + bias[col + 1]); }
  if (col + 2 < u.cols) { put(at + 2, sum.z + bias[col + 2]); }
  if (col + 3 < u.cols) { put(at + 3, sum.w + bias[col + 3]); }
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
