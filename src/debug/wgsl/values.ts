import {
  type Data,
  MatrixData,
  PointerData,
  ScalarData,
  type StructInfo,
  TypedData,
  type TypeInfo,
  VectorData,
} from 'wgsl_reflect';
import type { Variable, VariableValue } from '../workgroup';
import { scalarOf } from './guarded';
import type { Context } from './interpreter';
import { typeName } from './shader';
import type { Walker } from './walker';

const VIEWS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** What a lane can see of its own at its current statement: the innermost scope last, names that are hidden left out. */
export function variablesOf({ context, module, interpreter }: Walker): Variable[] {
  const scopes: Context[] = [];
  for (let scope: Context | null = context; scope && scope !== module; scope = scope.parent) scopes.unshift(scope);
  const found = new Map<string, Variable>();
  const own = [...module.variables].filter(([name]) => interpreter.context.variables.has(name));
  for (const [name, { value, node }] of [...own, ...scopes.flatMap((scope) => [...scope.variables])]) {
    if (!value) continue;
    found.delete(name);
    const kind = node?.astNodeType as Variable['kind'];
    found.set(name, { name, kind: kind ?? 'let', type: typeName(value.typeInfo), value: valueFrom(value) });
  }
  return [...found.values()];
}

export function valueFrom(data: Data): VariableValue {
  if (data instanceof ScalarData) return data.typeInfo.name === 'bool' ? data.value !== 0 : data.value;
  if (data instanceof VectorData || data instanceof MatrixData) return [...data.data];
  if (data instanceof PointerData) return `&${typeName(data.reference.typeInfo)}`;
  if (data instanceof TypedData) return bytesAs(data.buffer, data.offset, data.typeInfo);
  return '';
}

/** The numbers of an array or a matrix, padding left out; of a struct, a record by member. */
function bytesAs(buffer: ArrayBuffer, offset: number, type: TypeInfo): VariableValue {
  if (type.isStruct) {
    const { members } = type as StructInfo;
    return Object.fromEntries(
      members.map((member) => [member.name, bytesAs(buffer, offset + member.offset, member.type)]),
    );
  }
  if (type.isArray) {
    const { format, count, stride } = type as unknown as { format: TypeInfo; count: number; stride: number };
    const elements = Array.from({ length: count }, (_, i) => bytesAs(buffer, offset + i * stride, format));
    return elements.flat() as number[];
  }
  const View = VIEWS[scalarOf(type)];
  const vector = Number(/^vec(\d)/.exec(type.getTypeName())?.[1] ?? 0);
  if (vector) return [...new View(buffer, offset, vector)];
  return type.size > 4 ? [...new View(buffer, offset, type.size / 4)] : new View(buffer, offset, 1)[0]!;
}
