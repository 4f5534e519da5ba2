/** A `<fluoro-model>` inside another one: what happens in the inner one is none of the outer one's. */
import { expect, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { recordingUrl, watchNetwork, weightsAsked } from './model-network';
import { mount, part, prepareModel, textOf, until } from './mount';

const HEAD = 'blocks.1.attn.hook_z[head=0]:zero';

async function nested(): Promise<{ outer: FluoroModel; inner: FluoroModel }> {
  const outer = await prepareModel('induction', '<bos> x y', 'fluoro-heads');
  const inner = await prepareModel('modular-addition', '3 4 =', 'fluoro-tokens');
  const recordings = await Promise.all([recordingUrl(), recordingUrl('3 4 =', 'modular-addition')]);
  [outer, inner].forEach((model, i) => void Object.assign(model, { recording: recordings[i]! }));
  outer.append(inner);
  await mount(outer);
  await until(() => outer.state === 'recorded' && inner.state === 'recorded');
  return { outer, inner };
}

test('keeps its prompt, its edits and what is pointed at to itself', async () => {
  const { outer, inner } = await nested();
  const asked = watchNetwork();
  const { selection } = outer;
  const tell = (type: string, detail: unknown) => {
    inner
      .querySelector('fluoro-tokens')!
      .dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  };
  tell('fluoro-begin', { pos: 2 });
  tell('fluoro-select', { pos: 1 });
  tell('fluoro-hover', { pos: 1 });
  expect(inner.selection.pos).toBe(1);
  expect(outer.selection).toEqual(selection);
  tell('fluoro-prompt', '5 6 =');
  tell('fluoro-edit', { add: [HEAD] });
  await until(() => inner.state === 'ready' && inner.model);
  expect([inner.prompt, inner.edits]).toEqual(['5 6 =', [HEAD]]);
  await until(() => inner.shadowRoot!.querySelector('[part="undo"]'));
  part(inner, 'undo').click(); // An element's own bar tells by an event too.
  await until(() => inner.state === 'ready' && inner.trace?.kind === 'live');
  expect(inner.trace!.labels[0]).toEqual(['5', '6', '=']);
  expect([outer.state, outer.prompt, outer.edits]).toEqual(['recorded', '<bos> x y', []]);
  expect(weightsAsked(asked).map(({ url }) => url.split('/').at(-2))).toEqual(['modular-addition']);
  vi.restoreAllMocks();
});

test('does not tell what is wrong with the outer one’s prompt', async () => {
  const { outer } = await nested();
  outer.prompt = '<bos> nonsense';
  outer.load();
  await until(() => outer.state === 'ready' && outer.shadowRoot!.querySelector('.problem'));
  expect(textOf(part(outer, 'status'))).toContain('nonsense');
});
