import { expect, test } from 'vitest';
import { testDevice } from './device';
import double from './double.wgsl?raw';

test('the device runs a shader from a file', async () => {
  const device = await testDevice();
  const input = Float32Array.of(1, -2.5, 3e30);
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const x = device.createBuffer({ size: input.byteLength, usage: storage });
  const y = device.createBuffer({ size: input.byteLength, usage: storage });
  const staging = device.createBuffer({
    size: input.byteLength,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  device.queue.writeBuffer(x, 0, input);

  const module = device.createShaderModule({ code: double });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const entries = [x, y].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(y, 0, staging, 0, input.byteLength);
  device.queue.submit([encoder.finish()]);

  await staging.mapAsync(GPUMapMode.READ);
  expect([...new Float32Array(staging.getMappedRange())]).toEqual([...input.map((value) => 2 * value)]);
  for (const buffer of [x, y, staging]) buffer.destroy();
});

test('all test files share one device', async () => {
  expect(await testDevice()).toBe(await testDevice());
});
