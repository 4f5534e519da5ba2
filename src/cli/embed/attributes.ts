/** The attributes that elements have, as the package's manifest lists them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../program/nearest';
import { usage } from '../options';
import { packageRoot } from '../package-root';

interface Manifest {
  readonly modules: readonly {
    readonly declarations?: readonly { readonly tagName?: string; readonly attributes?: readonly { name: string }[] }[];
  }[];
}

/** Those of every element, HTML's own among them. */
const GLOBAL = /^(id|class|lang|dir|title|hidden|part|role|(aria|data)-.+)$/;

/** @throws `usage` for an attribute that a component does not have */
export function refuseUnknown(settings: readonly { readonly component: string; readonly attribute: string }[]): void {
  const asked = settings.filter(({ attribute }) => !GLOBAL.test(attribute));
  if (asked.length === 0) return;
  const file = join(packageRoot(), 'dist/custom-elements.json');
  const { modules } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const elements = modules.flatMap(({ declarations = [] }) => declarations);
  for (const { component, attribute } of asked) {
    const tag = `fluoro-${component}`;
    const names = elements.find(({ tagName }) => tagName === tag)?.attributes?.map(({ name }) => name) ?? [];
    if (names.includes(attribute)) continue;
    throw usage(
      `--set ${component}.${attribute}: <${tag}> has no such attribute. It has ${nearest(attribute, names, names.length).join(', ')}.`,
    );
  }
}
