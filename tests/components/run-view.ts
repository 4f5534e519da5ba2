/** Stands in for a `<fluoro-model>`, whatever its state: what the elements inside are told is set by the test. */
import { ContextProvider } from '@lit/context';
import { NO_RUN } from '../../components/debugger/panel-run';
import { type EditChange, type RunView, runContext } from '../../components/shared/run-context';
import { mount } from './mount';

export interface Around {
  readonly element: HTMLElement;
  readonly changes: EditChange[];
  set(change: Partial<RunView>): void;
}

const NOTHING: RunView = { ...NO_RUN, state: 'ready', prompt: '' };

/** An element around others that remembers what edits they ask for. */
export async function mountAround(view: Partial<RunView>, ...children: HTMLElement[]): Promise<Around> {
  const element = document.createElement('div');
  const provider = new ContextProvider(element, { context: runContext, initialValue: { ...NOTHING, ...view } });
  const changes: EditChange[] = [];
  element.addEventListener('fluoro-edit', ({ detail }) => changes.push(detail));
  await mount(element);
  provider.hostConnected();
  element.append(...children);
  return { element, changes, set: (change) => provider.setValue({ ...provider.value, ...change }) };
}
