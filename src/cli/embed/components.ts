/** `--component` and `--set`: what is to be embedded. */
import { Option } from 'commander';
import type { EmbeddedComponent } from '../commands/embed';
import { splitList, usage } from '../options';
import { refuseUnknown } from './attributes';

/** Those that a recording can show without a model. */
const EMBEDDABLE = [
  'tokens',
  'heads',
  'neurons',
  'residual',
  'program',
  'buffer',
  'lens',
  'attribution',
  'patching',
  'circuit',
  'compare',
  'explain',
  'algorithm',
] as const;

/** Those that it cannot, or not all of what they are for, and why. */
const TAKES_MORE: Readonly<Record<string, string>> = {
  debugger: 'steps through a run of the model; program shows the same steps',
  formation: 'shows a training, in files of its own that its src and history name, and no pass',
  kernel: 'times, checks and steps through shaders of a run',
  model: 'is around all that is embedded',
};

export const componentOption = () =>
  new Option('--component <names>', `what to embed, separated by commas: ${EMBEDDABLE.join(', ')}`)
    .argParser((text) => {
      const names = splitList('--component', text);
      const unknown = names.find((name) => !EMBEDDABLE.some((known) => known === name));
      if (unknown !== undefined) {
        const why = Object.hasOwn(TAKES_MORE, unknown)
          ? `${TAKES_MORE[unknown]}, so it is not embedded`
          : 'is no component';
        throw usage(`--component ${unknown} ${why}; expected some of ${EMBEDDABLE.join(', ')}.`);
      }
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined) throw usage(`--component names ${twice} twice.`);
      return names;
    })
    .makeOptionMandatory();

interface Setting {
  readonly component: string;
  readonly attribute: string;
  readonly value: string;
}

/** Repeatable. */
export const setOption = () =>
  new Option(
    '--set <component.attribute=value>',
    'an attribute of a component, such as heads.layer=1 or compare.other-prompt=TEXT; repeatable',
  )
    .argParser((text, given: readonly Setting[]) => {
      const [, component, attribute, value] = /^([a-z]+)\.([a-z][a-z-]*)(?:=(.*))?$/s.exec(text) ?? [];
      if (component !== undefined && attribute !== undefined && !attribute.startsWith('on')) {
        return [...given, { component, attribute, value: value ?? '' }];
      }
      throw usage(`--set ${JSON.stringify(text)}: expected component.attribute=value, such as heads.layer=1.`);
    })
    .default([], 'none');

/**
 * @param edited whether the prompt is run with edits, which `compare` can show beside it
 * @throws `usage` for an attribute of a component that is not embedded or does not have it, and where there is nothing to compare
 */
export function componentsOf(
  names: readonly string[],
  settings: readonly Setting[],
  edited: boolean,
): EmbeddedComponent[] {
  const given = (name: string, asked: string) =>
    settings.find(({ component, attribute }) => component === name && attribute === asked)?.value;
  const stray = settings.find(({ component }) => !names.includes(component));
  if (stray) {
    throw usage(
      `--set ${stray.component}.${stray.attribute}: ${stray.component} is not among --component ${names.join(',')}.`,
    );
  }
  refuseUnknown(settings);
  for (const name of ['circuit', 'patching'].filter((one) => names.includes(one))) {
    if (given(name, 'corrupted') === undefined) {
      throw usage(`${name} compares two prompts. Give the other one: --set ${name}.corrupted=TEXT.`);
    }
  }
  if (given('compare', 'other-trace') !== undefined) {
    throw usage(
      '--set compare.other-trace: one recording holds what is compared. Name a prompt, --set compare.other-prompt=TEXT, or edits, --edit SPEC.',
    );
  }
  if (names.includes('compare') && !edited && !given('compare', 'other-prompt')) {
    throw usage(
      'compare shows two passes. Give another prompt, --set compare.other-prompt=TEXT, or edits to set beside none, --edit SPEC.',
    );
  }
  return names.map((name) => ({
    name,
    attributes: Object.fromEntries(
      settings.flatMap(({ component, attribute, value }) => (component === name ? [[attribute, value]] : [])),
    ),
  }));
}
