/** Whether a shader declares what its kernel promises: bindings, uniform struct, overrides, workgroup size. */
import type { TypeInfo, VariableInfo, WgslReflect } from 'wgsl_reflect';
import { FluoroscopeError } from '../errors';
import type { Constants, Kernel, Uniform } from '../kernels/kernel';

/** What a kernel's contract fixes of a shader. */
export interface Contract {
  readonly kernel: Pick<Kernel, 'name' | 'uniforms' | 'ports'>;
  /** Values of overrides that the pipeline sets. */
  readonly constants: Constants;
  /** The text of the shader that it stands in for. */
  readonly ours: string;
}

export type WorkgroupSize = readonly [number, number, number];

/**
 * Verifies a shader that compiles.
 *
 * @param file its name, for errors
 * @returns the workgroup size
 * @throws `kernel-invalid` with file, line, what was expected and what is there
 */
export async function verifyPorts(
  file: string,
  code: string,
  { kernel, constants, ours: text }: Contract,
): Promise<WorkgroupSize> {
  const shader = await reflect(file, code);
  const where = (line: number) => `${file}:${line}: ${kernel.name}`;
  const refuse = (line: number, sentence: string) =>
    new FluoroscopeError('kernel-invalid', `${where(line)} ${sentence}`);

  const entries = shader.entry.compute;
  if (entries.length !== 1) {
    const got = entries.length === 0 ? 'none' : entries.map(({ name }) => name).join(', ');
    throw refuse(entries[1]?.startLine ?? 1, `needs exactly one compute entry point, got ${got}.`);
  }

  const all = [...shader.uniforms, ...shader.storage, ...shader.textures, ...shader.samplers, ...shader.immediates];
  const declared = all.map((variable) => ({ variable, line: lineOf(code, variable.name) }));
  const at = (group: number, binding: number) =>
    declared.find(({ variable }) => variable.group === group && variable.binding === binding);
  const struct = at(0, 0);
  if (!struct || !shader.uniforms.includes(struct.variable)) {
    const got = struct ? `var ${struct.variable.name}` : 'nothing';
    throw refuse(
      struct?.line ?? 1,
      `needs its uniform struct at @group(0) @binding(0) var<uniform>, got ${got} there.`,
    );
  }
  verifyUniforms(kernel.uniforms, struct.variable, (line, sentence) => refuse(line ?? struct.line, sentence), code);

  kernel.ports.forEach(({ name, access, type }, i) => {
    const place = `@group(0) @binding(${i + 1})`;
    const expected = `${place} var<storage, ${ACCESS[access]}> ${name}: array<${type}>`;
    const found = at(0, i + 1);
    if (!found) {
      const elsewhere = declared.find(({ variable }) => variable.name === name);
      const got = elsewhere ? `${name} is ${describe(elsewhere.variable)}` : `nothing is declared there`;
      throw refuse(elsewhere?.line ?? 1, `lacks port ${name}: expected ${expected}, got: ${got}.`);
    }
    const got = found.variable;
    const what = got.name !== name ? 'the name' : got.access !== ACCESS[access] ? 'the access' : 'the type';
    if (got.name === name && got.access === ACCESS[access] && typeName(got.type) === `array<${type}>`) return;
    throw refuse(found.line, `port ${name} does not fit in ${what}: expected ${expected}, got ${describe(got)}.`);
  });

  const ours = (variable: VariableInfo) => variable.group === 0 && variable.binding <= kernel.ports.length;
  const extra = declared.find(({ variable }) => !ours(variable));
  if (extra) {
    const ports = kernel.ports.map((port) => port.name).join(', ');
    throw refuse(extra.line, `has a binding too many: ${describe(extra.variable)}. Its ports are ${ports}.`);
  }

  for (const [name, value] of Object.entries(constants)) {
    if (shader.overrides.some((override) => override.name === name)) continue;
    const type = new RegExp(`override ${name}: (\\w+)`).exec(text)![1];
    throw refuse(
      1,
      `lacks override ${name}: the pipeline sets ${name} = ${value}. Declare it: override ${name}: ${type};`,
    );
  }
  for (const { name } of shader.overrides) {
    const line = lineMatching(code, new RegExp(`\\boverride\\s+${name}\\s*(:[^=;]*)?;`));
    if (line === undefined || Object.hasOwn(constants, name)) continue;
    throw refuse(line, `has override ${name} without a value, and nothing sets it. Give it a default.`);
  }
  return entries[0]!.workgroupSize ?? [1, 1, 1];
}

/** The workgroup size of a shader. @throws as `verifyPorts` for what cannot be parsed */
export async function workgroupSizeOf(file: string, code: string): Promise<WorkgroupSize> {
  return (await reflect(file, code)).entry.compute[0]?.workgroupSize ?? [1, 1, 1];
}

/** The line of a shader's entry point, from 1. */
export function entryLine(code: string): number {
  return lineMatching(code, /@workgroup_size/) ?? 1;
}

const ACCESS = { read: 'read', write: 'read_write' } as const;

async function reflect(file: string, code: string): Promise<WgslReflect> {
  const { WgslReflect } = await import('wgsl_reflect');
  try {
    return new WgslReflect(code);
  } catch (cause) {
    throw new FluoroscopeError(
      'kernel-invalid',
      `${file}: the shader compiles, but the parser that verifies its ports (wgsl_reflect) does not read it: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function verifyUniforms(
  expected: readonly Uniform[],
  variable: VariableInfo,
  refuse: (line: number | undefined, sentence: string) => FluoroscopeError,
  code: string,
): void {
  const members = variable.members ?? [];
  const written = (offsets: boolean) => ({
    wanted: expected.map(({ name, type }, i) => `${name}: ${type}${offsets ? ` at byte ${4 * i}` : ''}`).join(', '),
    got: variable.members
      ? members
          .map(({ name, type, offset }) => `${name}: ${typeName(type)}${offsets ? ` at byte ${offset}` : ''}`)
          .join(', ')
      : `${variable.name}: ${typeName(variable.type)}, which is no struct`,
  });
  const wrong = expected.findIndex(({ name, type }, i) => {
    const member = members[i];
    return !member || member.name !== name || typeName(member.type) !== type || member.offset !== 4 * i;
  });
  if (wrong < 0 && members.length === expected.length) return;
  const member = members[wrong < 0 ? expected.length : wrong];
  const line = member && lineMatching(code, new RegExp(`\\b${member.name}\\s*:`));
  const short = written(false);
  const { wanted, got } = written(short.wanted === short.got); // then only the offsets tell them apart
  throw refuse(line, `needs the uniform struct { ${wanted} } in that order, without gaps, got { ${got} }.`);
}

function describe({ group, binding, access, name, type, resourceType }: VariableInfo): string {
  const space = ['uniform', `storage, ${access}`][resourceType];
  return `@group(${group}) @binding(${binding}) var${space ? `<${space}>` : ''} ${name}: ${typeName(type)}`;
}

/** As it would be written, with the short names resolved: `vec4f` is `vec4<f32>`. */
function typeName(type: TypeInfo): string {
  const { name, format, count } = type as TypeInfo & { readonly format?: TypeInfo; readonly count?: number };
  if (!format) return name;
  return `${name}<${typeName(format)}${name === 'array' && count ? `, ${count}` : ''}>`;
}

function lineOf(code: string, variable: string): number {
  return lineMatching(code, new RegExp(`\\bvar\\s*(<[^>]*>)?\\s*${variable}\\s*:`)) ?? 1;
}

/** The line, from 1, on which the first match outside of line comments starts. */
function lineMatching(code: string, pattern: RegExp): number | undefined {
  const bare = code.replace(/\/\/[^\n]*/g, (comment) => ' '.repeat(comment.length));
  const match = pattern.exec(bare);
  return match ? bare.slice(0, match.index).split('\n').length : undefined;
}
