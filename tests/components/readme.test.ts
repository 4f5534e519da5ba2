/** What the README shows of the elements works as it stands there. */
import { expect, test } from 'vitest';
import readme from '../../README.md?raw';
import { testDevice } from '../harness/device';
import { grid, mount, part, textOf, until } from './mount';

test('its page begins at the head and at the layer of neurons that its attributes name', async () => {
  const box = document.createElement('div');
  box.innerHTML = /```html\n(.*?)```/s.exec(readme)![1]!;
  customElements.upgrade(box);
  const model = box.querySelector('fluoro-model')!;
  model.device = await testDevice();
  const [heads, neurons] = [model.querySelector('fluoro-heads')!, model.querySelector('fluoro-neurons')!];
  await mount(box);
  await until(() => model.state === 'ready' && model.trace);
  expect(model.selection).toMatchObject({ layer: 1, head: 3, neuronLayer: 2 });
  await grid(heads, 'pattern');
  expect(textOf(part(heads, 'readout'))).toContain('blocks.1.attn.hook_pattern · head 3');
  await grid(neurons, 'map');
  expect(textOf(part(neurons, 'readout'))).toContain('blocks.2.mlp.hook_post');
  for (const tag of ['fluoro-tokens', 'fluoro-program']) {
    await until(() => !model.querySelector(tag)!.shadowRoot!.querySelector('[part="message"]'));
  }

  model.select({ layer: 0 });
  await until(() => textOf(part(neurons, 'readout')).includes('blocks.0.mlp.hook_post'));
  expect(textOf(part(heads, 'readout'))).toContain('blocks.0.attn.hook_pattern · head 3');
});
