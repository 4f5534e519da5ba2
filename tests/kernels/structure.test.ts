/** The shaders, their headers and the registry say the same. */
import { describe, expect, test } from 'vitest';
import { ResourceType, type VariableInfo, WgslReflect } from 'wgsl_reflect';
import { kernels } from '../../src/kernels';
import { fusions } from '../../src/kernels/fusions';
import { constantsOf, type Kernel, type Port, type Variant } from '../../src/kernels/kernel';

const shaders: Record<string, string> = import.meta.glob('../../shaders/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const sources: Record<string, string> = import.meta.glob('../../src/**/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** `read   w     f32 [inner, cols], or [cols, inner] where TRANSPOSED` */
const PORT_LINE = /^\/\/ (read|write) +(\w+) +(f32|u32) \[([\w, ]*)\](?:, or \[([\w, ]*)\] where (\w+))?$/;

function headerPorts({ code, constants = {} }: Variant): Port[] {
  const header = code.slice(0, code.search(/^(?!\/\/)/m));
  return header.split('\n').flatMap((line) => {
    const match = PORT_LINE.exec(line);
    if (!match) return [];
    const [, access, name, type, shape, otherShape, condition] = match as unknown as string[];
    const dimensions = condition && constants[condition] ? otherShape! : shape!;
    return [{ access, name, type, shape: dimensions.split(', ') } as Port];
  });
}

type Shape = Pick<Kernel, 'name' | 'ports' | 'uniforms' | 'variants'>;

const all = [...Object.values<Shape>(kernels), ...Object.values(fusions)].flatMap((kernel) =>
  kernel.variants.map((variant): [string, Shape, Variant] => [`${kernel.name} (${variant.name})`, kernel, variant]),
);

describe.each(all)('%s', (_, kernel, variant) => {
  const shader = new WgslReflect(variant.code);

  test("the shader's header names its ports with access, type and shape", () => {
    expect(headerPorts(variant)).toEqual(kernel.ports.map(({ packs: _, ...port }) => port));
  });

  test('each dimension of a port is a uniform', () => {
    const known = kernel.uniforms.map(({ name }) => name);
    for (const port of kernel.ports) for (const name of port.shape) expect(known, port.name).toContain(name);
  });

  test('binding 0 holds the uniforms, in order', () => {
    expect(shader.uniforms).toHaveLength(1);
    const [uniform] = shader.uniforms as [VariableInfo];
    expect([uniform.group, uniform.binding]).toEqual([0, 0]);
    expect(uniform.members?.map(({ name, type }) => ({ name, type: type.name }))).toEqual(kernel.uniforms);
    // Scalars of four bytes without gaps: what packUniforms writes.
    expect(uniform.members?.map(({ offset }) => offset)).toEqual(kernel.uniforms.map((_, i) => i * 4));
  });

  test('then come the ports, first what is read, then what is written', () => {
    const declared = shader.storage
      .filter(({ resourceType }) => resourceType === ResourceType.Storage)
      .map(({ group, binding, name, access, format }) => ({ group, binding, name, access, type: format?.name }));
    const expected = kernel.ports.map(({ name, access, type }, i) => {
      return { group: 0, binding: i + 1, name, access: access === 'read' ? 'read' : 'read_write', type };
    });
    expect(declared).toEqual(expected);
    expect(kernel.ports.map(({ access }) => access).join(' ')).toMatch(/^(read )+write( write)*$/);
  });

  test('every override has a value, and every value an override', () => {
    const own = shader.overrides.map(({ name }) => name).filter((name) => name !== 'HALF');
    const ones = Object.fromEntries(kernel.uniforms.map(({ name }) => [name, 1]));
    const set = Object.keys(constantsOf(variant, ones));
    expect(own.sort()).toEqual(set.sort());
  });

  test('it is told of a packed weight where it takes one', () => {
    const told = shader.overrides.some(({ name }) => name === 'HALF');
    expect(told).toBe(kernel.ports.some(({ packs }) => packs));
  });
});

test('a kernel is registered under its own name, its first variant is the clear one', () => {
  for (const [name, kernel] of Object.entries(kernels)) {
    expect(kernel.name).toBe(name);
    expect(kernel.variants[0].name).toBe('clear');
  }
});

test('a fusion is registered under its own name, and made of kernels that there are', () => {
  for (const [name, fusion] of Object.entries(fusions)) {
    expect(fusion.name).toBe(name);
    expect(Object.keys(kernels)).toEqual(expect.arrayContaining([...fusion.kernels]));
    const shaders = fusion.kernels.flatMap((kernel) => kernels[kernel]!.variants.map((variant) => variant.name));
    for (const variant of fusion.variants) expect(shaders, name).toContain(variant.name);
  }
});

test('every shader belongs to a registered kernel', () => {
  const registered = new Set(all.map(([, , { code }]) => code));
  const orphans = Object.keys(shaders).filter((file) => !registered.has(shaders[file]!));
  expect(orphans).toEqual([]);
  expect(registered.size).toBe(Object.keys(shaders).length);
});

test('the first words of a shader are its file name', () => {
  for (const [file, code] of Object.entries(shaders)) {
    expect(code.slice(3, code.indexOf(':')), file).toBe(file.replace(/^.*\/|\.wgsl$/g, ''));
  }
});

test('no pipeline leaves its layout to the shader: that would drop bindings which it does not use', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(10);
  for (const [file, code] of Object.entries(sources)) expect(code, file).not.toMatch(/layout: *['"`]auto/);
});
