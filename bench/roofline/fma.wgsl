// fma: nothing but multiply-adds, 32 of them a step in chains that do not wait for each other: what arithmetic alone reaches
//
// write  y  f32 [size]

struct Uniforms {
  size: u32,
  steps: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= u.size) { return; }
  let x = f32(id.x) * 1e-9;
  let by = vec4f(0.999 + x);
  let more = vec4f(0.001 - x);
  var a = vec4f(x); var b = a + 1; var c = a + 2; var d = a + 3;
  var e = a + 4; var f = a + 5; var g = a + 6; var h = a + 7;
  for (var i = 0u; i < u.steps; i++) {
    a = fma(a, by, more); b = fma(b, by, more); c = fma(c, by, more); d = fma(d, by, more);
    e = fma(e, by, more); f = fma(f, by, more); g = fma(g, by, more); h = fma(h, by, more);
  }
  y[id.x] = dot(a + b + c + d + e + f + g + h, vec4f(1));
}
