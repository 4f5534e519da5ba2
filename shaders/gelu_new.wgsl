// gelu_new: y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))), the GELU of GPT-2
//
// read   x  f32 [size]
// write  y  f32 [size]

// WGSL's tanh is NaN past about 88, so we use (1 + tanh(z/2)) / 2 = 1 / (1 + exp(-z)).
const LINEAR = 1.5957691216057308; // 2 √(2/π)
const CUBIC = 0.07135481282052102; // 2 √(2/π) · 0.044715

struct Uniforms {
  size: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.size) { return; }
  let value = x[i];
  let z = value * (LINEAR + CUBIC * (value * value));
  y[i] = select(value / (1 + exp(-z)), 0.0, z < -87); // exp(-z) nears overflow; y is below 2e-37
}
