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

/** @throws `usage` for an attribute that the component does not have */
export function refuseUnknown(component: string, attribute: string): void {
  if (GLOBAL.test(attribute)) return;
  const file = join(packageRoot(), 'dist/custom-elements.json');
  const { modules } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const element = modules
    .flatMap(({ declarations = [] }) => declarations)
    .find(({ tagName }) => tagName === `fluoro-${component}`);
  const names = element?.attributes?.map(({ name }) => name) ?? [];
  if (names.includes(attribute)) return;
  throw usage(
    `--set ${component}.${attribute}: <fluoro-${component}> has no such attribute. It has ${nearest(attribute, names, names.length).join(', ')}.`,
  );
}
