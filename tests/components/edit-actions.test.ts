import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { FluoroEditActions } from '../../components/index';
import type { EditPlace } from '../../components/shared/edit-actions';
import type { EditEvent, RunView } from '../../components/shared/run-context';
import { expectAccessible, mount, mountModel, part, textOf, until } from './mount';
import { type Around, mountAround } from './run-view';

const HEAD: EditPlace = {
  what: 'head 1.0',
  tensor: 'blocks.1.attn.hook_z',
  slice: { head: 0 },
  ops: ['zero'],
  pos: 5,
  token: ' b',
};
const NEURON: EditPlace = { ...HEAD, what: 'neuron 2.7', tensor: 'blocks.2.mlp.hook_post', slice: { neuron: 7 } };
const OPS = ['zero', 'freeze', 'scale', 'set'] as const;

async function actionsFor(place: EditPlace, view: Partial<RunView> = {}): Promise<[FluoroEditActions, Around]> {
  const actions = document.createElement('fluoro-edit-actions');
  actions.place = place;
  const around = await mountAround(view, actions);
  await actions.updateComplete;
  return [actions, around];
}

function button(actions: FluoroEditActions, label: string): HTMLButtonElement {
  const found = [...actions.shadowRoot!.querySelectorAll('button')].find((one) => textOf(one) === label);
  if (!found) throw new Error(`no button ${label}: ${textOf(actions.shadowRoot!)}`);
  return found;
}

async function onlyHere(actions: FluoroEditActions): Promise<void> {
  const select = part<HTMLSelectElement>(actions, 'where');
  select.value = 'here';
  select.dispatchEvent(new Event('change'));
  await actions.updateComplete;
}

beforeEach(() => commands.colorScheme('light'));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test.each([
    { edits: [] },
    { edits: ['blocks.2.mlp.hook_post[neuron=7]:zero', 'blocks.2.mlp.hook_post[neuron=7,pos=1]:zero'] },
    { prompt: null },
  ])('is accessible with %j', async (view) => {
    await commands.colorScheme(scheme);
    const [actions, { element }] = await actionsFor({ ...NEURON, ops: OPS }, view);
    element.style.cssText = 'color-scheme: light dark; background: light-dark(white, black)';
    await expectAccessible(actions);
  });
});

test('asks for an edit, shows that it is made, and takes it back', async () => {
  const [actions, { changes, set }] = await actionsFor(HEAD);
  expect(button(actions, 'Silence').ariaPressed).toBe('false');
  expect(button(actions, 'Silence').title).toContain('blocks.1.attn.hook_z[head=0]:zero');
  button(actions, 'Silence').click();
  expect(changes).toEqual([{ add: ['blocks.1.attn.hook_z[head=0]:zero'] }]);
  set({ edits: ['blocks.1.attn.hook_z[head=0]:zero'] });
  await actions.updateComplete;
  expect(button(actions, 'Silence').ariaPressed).toBe('true');
  button(actions, 'Silence').click();
  expect(changes[1]).toEqual({ remove: ['blocks.1.attn.hook_z[head=0]:zero'] });
});

test('knows an edit however it is written, and leaves those of other places alone', async () => {
  const written = ' blocks.1.attn.hook_z [ head = 0 ] : zero ';
  const other = ['blocks.1.attn.hook_z[head=1]:zero', 'blocks.1.attn.hook_z:zero', 'blocks.0.attn.hook_z[head=0]:zero'];
  const [actions, { changes, set }] = await actionsFor(HEAD, { edits: [...other, 'no edit at all'] });
  expect(button(actions, 'Silence').ariaPressed).toBe('false');
  set({ edits: [...other, written] });
  await actions.updateComplete;
  expect(button(actions, 'Silence').ariaPressed).toBe('true');
  button(actions, 'Silence').click();
  expect(changes).toEqual([{ remove: [written] }]);
});

test('edits at the selected token only, and says what is edited at others', async () => {
  const [actions, { changes, set }] = await actionsFor(HEAD);
  expect(textOf(part(actions, 'where'))).toBe('at every token only at ·b (pos 5)');
  await onlyHere(actions);
  button(actions, 'Silence').click();
  const here = 'blocks.1.attn.hook_z[head=0,pos=5]:zero';
  expect(changes).toEqual([{ add: [here] }]);
  set({ edits: [here] });
  await actions.updateComplete;
  expect(button(actions, 'Silence').ariaPressed).toBe('true');
  expect(actions.shadowRoot!.querySelector('[part="other"]')).toBe(null);
  actions.place = { ...HEAD, pos: 6, token: ' c' };
  await actions.updateComplete;
  expect(button(actions, 'Silence').ariaPressed).toBe('false');
  button(actions, 'Undo zero at pos 5').click();
  expect(changes[1]).toEqual({ remove: [here] });
  set({ edits: ['blocks.1.attn.hook_z[head=0]:scale=0.5'] });
  await actions.updateComplete;
  expect(textOf(part(actions, 'other'))).toBe('Undo scale=0.5 at every token');
});

test('a place is edited in one way at a time, by the number in the field', async () => {
  const [actions, { changes, set }] = await actionsFor({ ...NEURON, ops: OPS });
  const [scale, amount] = actions.shadowRoot!.querySelectorAll<HTMLInputElement>('[part="amount"]');
  amount!.value = '-3.5';
  amount!.dispatchEvent(new Event('change'));
  expect(changes).toEqual([]);
  await actions.updateComplete;
  button(actions, 'Set to').click();
  const set35 = 'blocks.2.mlp.hook_post[neuron=7]:set=-3.5';
  expect(changes).toEqual([{ add: [set35] }]);
  set({ edits: [set35] });
  await actions.updateComplete;
  expect(button(actions, 'Set to').ariaPressed).toBe('true');
  button(actions, 'Scale by').click();
  expect(changes[1]).toEqual({ add: ['blocks.2.mlp.hook_post[neuron=7]:scale=2'], remove: [set35] });
  amount!.value = '4';
  amount!.dispatchEvent(new Event('change'));
  expect(changes[2]).toEqual({ add: ['blocks.2.mlp.hook_post[neuron=7]:set=4'], remove: [set35] });
  scale!.value = '';
  scale!.dispatchEvent(new Event('change'));
  await actions.updateComplete;
  expect(scale!.value).toBe('2');
  expect(changes.length).toBe(3);
  set({ edits: ['blocks.2.mlp.hook_post[neuron=7]:set=1e40'] }); // More than f32 holds: no edit.
  await actions.updateComplete;
  expect(button(actions, 'Set to').ariaPressed).toBe('false');
});

test.each([
  [{ prompt: undefined }, false, 'This is a recording without its model'],
  [{ state: 'error' }, false, 'There is no model'],
  [{}, true, 'Edits are run by the <fluoro-model> around'],
] as const)('says why nothing can be edited with %j', async (view, own, reason) => {
  const [actions, { changes }] = await actionsFor({ ...NEURON, ops: OPS }, view);
  actions.own = own;
  await actions.updateComplete;
  expect(textOf(part(actions, 'reason'))).toContain(reason);
  const controls = [...actions.shadowRoot!.querySelectorAll<HTMLButtonElement>('button, select, input')];
  expect(controls.length).toBe(7);
  expect(controls.every(({ disabled }) => disabled)).toBe(true);
  button(actions, 'Silence').click();
  expect(changes).toEqual([]);
});

test('a recording whose model can be loaded can be edited', async () => {
  const [actions, { changes }] = await actionsFor(HEAD, { state: 'recorded', prompt: 'a b', showing: 'recorded' });
  button(actions, 'Silence').click();
  expect(changes.length).toBe(1);
});

test('says where it belongs without a <fluoro-model>', async () => {
  const actions = document.createElement('fluoro-edit-actions');
  actions.place = HEAD;
  await mount(actions);
  expect(textOf(part(actions, 'reason'))).toContain('<fluoro-model>');
});

test('is worked by the keyboard', async () => {
  const [actions, { changes }] = await actionsFor(HEAD);
  part<HTMLSelectElement>(actions, 'where').focus();
  await commands.press('Tab');
  await commands.press('Space');
  expect(changes).toEqual([{ add: ['blocks.1.attn.hook_z[head=0]:zero'] }]);
});

async function silenced(host: HTMLElement): Promise<readonly string[] | undefined> {
  const asked: EditEvent['detail'][] = [];
  const listen = (event: EditEvent) => {
    event.stopPropagation(); // Nothing is to run.
    asked.push(event.detail);
  };
  host.addEventListener('fluoro-edit', listen);
  await until(() => host.shadowRoot!.querySelector('fluoro-edit-actions')?.shadowRoot?.querySelector('[part="edit"]'));
  button(part<FluoroEditActions>(host, 'edit-actions'), 'Silence').click();
  host.removeEventListener('fluoro-edit', listen);
  return asked[0]?.add;
}

describe('where one looks', () => {
  test('the selected head is silenced', async () => {
    const model = await mountModel('induction', '<bos> a b a', 'fluoro-heads');
    model.select({ layer: 1, head: 2 });
    const heads = model.querySelector('fluoro-heads')!;
    await until(() => heads.shadowRoot!.textContent!.includes('Layer 1, head 2'));
    expect(await silenced(heads)).toEqual(['blocks.1.attn.hook_z[head=2]:zero']);
  });

  test('the selected neuron is silenced', async () => {
    const model = await mountModel('shakespeare', 'To be', 'fluoro-neurons');
    model.select({ layer: 1, neuron: 7 });
    const neurons = model.querySelector('fluoro-neurons')!;
    await until(() => neurons.shadowRoot!.textContent!.includes('Neuron 7 of layer 1'));
    expect(await silenced(neurons)).toEqual(['blocks.1.mlp.hook_post[neuron=7]:zero']);
  });

  test('what the selected bar stands for is silenced, and a bias cannot be', async () => {
    const model = await mountModel('shakespeare', 'To be', 'fluoro-attribution');
    const attribution = model.querySelector('fluoro-attribution')!;
    attribution.neurons = 1;
    await until(() => attribution.shadowRoot!.querySelector('[title="blocks.1.mlp.neuron.0"], .rest'));
    const choose = async (name: string) => {
      const bar = attribution.shadowRoot!.querySelector<HTMLElement>(`[role="option"][title="${name}"]`);
      bar!.click();
      await attribution.updateComplete;
      const actions = part<FluoroEditActions>(attribution, 'edit-actions');
      await actions.updateComplete;
      return actions;
    };
    const expected: Record<string, string> = {
      hook_embed: 'hook_embed:zero',
      hook_pos_embed: 'hook_pos_embed:zero',
      'blocks.2.head.3': 'blocks.2.attn.hook_z[head=3]:zero',
      'blocks.0.mlp': 'blocks.0.mlp.hook_post:zero',
    };
    for (const [name, edit] of Object.entries(expected)) {
      await choose(name);
      expect(await silenced(attribution), name).toEqual([edit]);
    }
    const neuron = attribution.shadowRoot!.querySelector<HTMLElement>('[role="option"].neuron')!.title;
    await choose(neuron);
    const [, index] = /neuron\.(\d+)$/.exec(neuron)!;
    expect(await silenced(attribution)).toEqual([`blocks.1.mlp.hook_post[neuron=${index}]:zero`]);
    const actions = await choose('blocks.0.mlp.b_out');
    expect(actions.shadowRoot!.querySelector('[part="edits"]')).toBe(null);
  });
});
