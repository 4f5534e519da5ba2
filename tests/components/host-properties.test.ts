/** Hosts such as Vue and React set as properties what their pages write as attributes. */
import { expect, test } from 'vitest';
import '../../components/index';

test('a text that is set as a property means what the attribute means', () => {
  const heads = document.createElement('fluoro-heads');
  Object.assign(heads, { layer: '1', head: '3' });
  expect([heads.layer, heads.head]).toEqual([1, 3]);
  Object.assign(heads, { layer: 0 });
  expect(heads.layer).toBe(0);
  const lens = document.createElement('fluoro-lens');
  Object.assign(lens, { frozen: '', measure: 'rank' });
  expect([lens.frozen, lens.measure]).toEqual([true, 'rank']);
});

test("a model's recording and edits can be set as the texts of their attributes", () => {
  const model = document.createElement('fluoro-model');
  Object.assign(model, { trace: 'traces/a.safetensors', edits: 'blocks.0.hook_attn_out:zero\n' });
  expect(model.recording).toBe('traces/a.safetensors');
  expect(model.trace).toBeNull();
  expect(model.edits).toEqual(['blocks.0.hook_attn_out:zero']);
  const list = ['blocks.1.hook_attn_out:zero'];
  Object.assign(model, { edits: list });
  expect(model.edits).toEqual(list);
});
