import {
  ArrayIndex,
  Assign,
  BinaryOperator,
  BitcastExpr,
  type Call,
  CallExpr,
  ConstExpr,
  CreateExpr,
  type Data,
  Expression,
  type Increment,
  type Let,
  MatrixData,
  type Node,
  PointerData,
  type ScalarData as Scalar,
  ScalarData,
  StringExpr,
  type Type,
  type TypedData,
  UnaryOperator,
  type Var,
  VariableExpr,
  VectorData,
  WgslExec,
} from 'wgsl_reflect';
import { FluoroscopeError } from '../../errors';
import type { Block, Memory } from '../memory';
import { builtin } from './builtins';
import { construct } from './construct';
import { dataOf, isNumeric, numericOf } from './data';
import { Guarded, scalarOf } from './guarded';
import { cast, element, type Kind, negate, operate, Refusal, scalar, swizzle, type Value } from './numbers';

export type Context = WgslExec['context'];

/** A value in the place of the expression that it came of. */
class Evaluated extends Expression {
  constructor(readonly data: Data) {
    super();
  }
}

const LIBRARY = new Set(['arrayLength', 'workgroupUniformLoad']);
const FROM_LIBRARY = /^atomic/;
const CONSTRUCTED = /^(?:(f32|i32|u32|bool)|vec([234])([fiub]?)|mat([234])x([234])f?)$/;
const SUFFIX = { f: 'f32', i: 'i32', u: 'u32', b: 'bool' } as const;

/**
 * WGSL's expressions and simple statements. Operators, conversions and built-in functions are ours (`numbers`,
 * `builtins`); wgsl_reflect has the syntax tree, variables, structs, arrays, pointers and atomics. What neither has is
 * refused with its line.
 */
export class Interpreter extends WgslExec {
  memory: Memory | undefined;
  /** Values that the walker has found already, in the order in which WGSL evaluates. */
  readonly known = new Map<Node, Data>();

  override evalExpression(node: Node, context: Context): Data | null {
    if (node instanceof Evaluated) return node.data;
    const known = this.known.get(node);
    if (known) return known;
    if (node instanceof BinaryOperator) return this.partOf(this._evalBinaryOpValue(node, context), node, context);
    if (node instanceof UnaryOperator && '-!~'.includes(node.operator)) {
      const value = this.#refusing(node, () => negate(node.operator, this.#value(node.right, context, 'an operand')));
      return this.partOf(dataOf(value, this), node, context);
    }
    if (node instanceof CallExpr) return this.#call(node, context);
    if (node instanceof CreateExpr) return this._evalCreate(node, context);
    if (node instanceof BitcastExpr) return this.partOf(this.#bitcast(node, context), node, context);
    if (node instanceof ConstExpr) {
      const value = context.getVariableValue(node.name)?.clone() ?? null;
      return isNumeric(value) ? this.partOf(value, node, context) : super.evalExpression(node, context);
    }
    if (node instanceof VariableExpr) {
      const value = context.getVariableValue(node.name);
      if (node.postfix && (value instanceof VectorData || value instanceof MatrixData)) {
        return this.partOf(value, node, context);
      }
      return this.#split(node, (short) => super.evalExpression(short, context), context);
    }
    if (node instanceof UnaryOperator && node.operator === '*') {
      return this.#split(node, (short) => super.evalExpression(short, context), context);
    }
    return super.evalExpression(node, context);
  }

  /** A call as a statement, its value left. */
  override _call(node: Call, context: Context): void {
    if (!context.getFunction(node.name) && !FROM_LIBRARY.test(node.name))
      this.#refuse(node, `the call of ${node.name}`);
    super._call(node, context);
  }

  override _evalBinaryOpValue(node: BinaryOperator, context: Context): Data | null {
    const { operator } = node;
    if (operator === '&&' || operator === '||') return this.#lazily(node, context);
    const value = this.#refusing(node, () => {
      const left = this.#value(node.left, context, 'an operand');
      return operate(operator, left, this.#value(node.right, context, 'an operand'));
    });
    return dataOf(value, this);
  }

  #call(node: CallExpr, context: Context): Data | null {
    const { name } = node;
    if (node.cachedReturnValue) return this.partOf(node.cachedReturnValue as Data, node, context);
    if (context.getFunction(name)) return super.evalExpression(node, context);
    if (LIBRARY.has(name) || FROM_LIBRARY.test(name)) return super.evalExpression(node, context);
    if (!node.isBuiltin && this.getTypeInfo(name)) return super.evalExpression(node, context);
    const value = this.#refusing(node, () => {
      return builtin(
        name,
        (node.args ?? []).map((arg) => this.#value(arg, context, `an argument of ${name}`)),
      );
    });
    return this.partOf(dataOf(value, this), node, context);
  }

  /** Constructors and conversions of scalars, vectors and matrices; structs and arrays are the library's. */
  override _evalCreate(node: CreateExpr | CallExpr | Call, context: Context): Data | null {
    const found = node instanceof CreateExpr && node.type ? CONSTRUCTED.exec(node.type.getTypeName()) : null;
    if (!found) {
      const name = (node instanceof CreateExpr ? node.type?.getTypeName() : node.name) ?? '';
      if (/^(vec|mat|f16)/.test(name)) this.#refuse(node, `a value of type ${name}`);
      return super._evalCreate(node, context);
    }
    const create = node as CreateExpr;
    const value = this.#refusing(node, () => {
      const args = (create.args ?? []).map((arg) => this.#value(arg, context, 'an argument'));
      return construct(found, args);
    });
    return this.partOf(dataOf(value, this), node, context);
  }

  /** The same bits as another type. */
  #bitcast(node: BitcastExpr, context: Context): Data {
    const data = this.evalExpression(node.value, context);
    const [, name, count, suffix] = CONSTRUCTED.exec(node.type?.getTypeName() ?? '') ?? [];
    const kind = count ? SUFFIX[suffix as keyof typeof SUFFIX] : (name as Kind | undefined);
    if (!(data instanceof ScalarData || data instanceof VectorData) || !kind || kind === 'bool') {
      return this.#refuse(node, `a bitcast to ${node.type?.getTypeName()}`);
    }
    if (data.data.length !== Number(count || 1)) return this.#refuse(node, 'a bitcast between different sizes');
    const bytes = data.data.slice().buffer as ArrayBuffer;
    const template = dataOf({ kind, rows: Number(count || 0), columns: 1, v: [...data.data].fill(0) }, this);
    new Uint8Array((template as Scalar).data.buffer).set(new Uint8Array(bytes));
    return template;
  }

  /** Components and columns of a value in registers. */
  partOf(data: Data | null, node: Node & { postfix?: Expression | null }, context: Context): Data | null {
    let at: Expression | null = node.postfix ?? null;
    if (!at || !data) return data;
    if (!isNumeric(data)) return data.getSubData(this, at, context);
    return this.#refusing(node, () => {
      let value = numericOf(data);
      for (; at; at = at.postfix) {
        value =
          at instanceof ArrayIndex
            ? element(value, this.#index(at, context))
            : swizzle(value, String((at as StringExpr).value));
      }
      return dataOf(value, this);
    });
  }

  #index(at: ArrayIndex, context: Context): number {
    return this.#value(at.index, context, 'an index').v[0]!;
  }

  /** Reads up to a swizzle of several letters, and takes that of the value. */
  #split<T extends Expression>(node: T, read: (short: T) => Data | null, context: Context): Data | null {
    const steps: Expression[] = [];
    for (let at: Expression | null = node.postfix; at; at = at.postfix) steps.push(at);
    const inMemory = this.#inMemory(node, context); // there a component is read by itself
    for (const [cut, at] of steps.entries()) {
      const letters = at instanceof StringExpr ? (/^[xyzwrgba]{1,4}$/.exec(at.value)?.[0].length ?? 0) : 1;
      if (letters === 0 || (inMemory && letters === 1)) continue;
      const first = steps.slice(0, cut).reduceRight<Expression | null>((rest, one) => withPostfix(one, rest), null);
      const data = read(withPostfix(node, first));
      if (data instanceof VectorData) return this.partOf(data, withPostfix(node, at), context);
    }
    return read(node);
  }

  #inMemory(node: Expression, context: Context): boolean {
    const inner = node instanceof UnaryOperator ? node.right : node;
    const value = inner instanceof VariableExpr ? context.getVariableValue(inner.name) : null;
    const meant = value instanceof PointerData ? value.reference : value;
    return meant instanceof Guarded || !!(meant && this.#place(meant));
  }

  #value(node: Node, context: Context, what: string): Value {
    const data = this.evalExpression(node, context);
    if (!data || !isNumeric(data)) throw new Refusal(`${what} of type ${data?.typeInfo.getTypeName() ?? 'unknown'}`);
    return numericOf(data);
  }

  /** Turns what is not evaluated into an error with line and construct. */
  #refusing<T>(node: Node, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(node, error.message);
      throw error;
    }
  }

  #refuse(node: Node, what: string): never {
    const line = node.line || this.memory?.line || 0;
    throw new FluoroscopeError(
      'shader-unsupported',
      `The interpreter cannot run line ${line}: it does not evaluate ${what}. Write it in other terms, or step another variant.`,
    );
  }

  /** A value as a variable of this type holds it: abstract integers become the type, or i32 without one. */
  concrete(data: Data, type: Type | null | undefined, node: Node): Data {
    if (!isNumeric(data)) return data;
    const value = numericOf(data);
    const [, name, count, suffix] = CONSTRUCTED.exec(type?.getTypeName() ?? '') ?? [];
    const kind = name ?? (count && suffix ? SUFFIX[suffix as keyof typeof SUFFIX] : undefined);
    if (value.kind === 'x32') return dataOf(cast(value, (kind as Kind | undefined) ?? 'i32'), this);
    if (kind && kind !== value.kind)
      return this.#refuse(node, `the conversion of ${value.kind} to ${kind} that is not written`);
    return data;
  }

  override _let(node: Let, context: Context): void {
    super._let(node, context);
    this.#concreteVariable(node, context);
  }

  override _var(node: Var, context: Context): void {
    super._var(node, context);
    this.#concreteVariable(node, context);
  }

  #concreteVariable(node: Let | Var, context: Context): void {
    const variable = context.variables.get(node.name);
    if (variable?.value) variable.value = this.concrete(variable.value, node.type, node);
  }

  #lazily({ operator, left, right }: BinaryOperator, context: Context): Data {
    const truth = (node: Expression) => !!(this.evalExpression(node, context) as Scalar).value;
    const value = operator === '&&' ? truth(left) && truth(right) : truth(left) || truth(right);
    return new ScalarData(Number(value), this.typeInfo.bool!);
  }

  override _evalUnaryOpValue(node: UnaryOperator, context: Context): Data | null {
    const { memory } = this;
    if (!memory || (node.operator !== '&' && node.operator !== '*')) return super._evalUnaryOpValue(node, context);
    const value = memory.silently(() => super._evalUnaryOpValue(node, context));
    const place = node.operator === '*' && this.#place(value);
    if (place) memory.read(place.block, place.offset, place.size);
    return value;
  }

  override _increment({ operator, variable, line }: Increment, context: Context): void {
    const one = new Evaluated(dataOf(scalar('x32', 1), this));
    const assignment = new Assign((operator === '++' ? '+=' : '-=') as Assign['operator'], variable, one);
    assignment.line = line;
    this._assign(assignment, context);
  }

  override _assign(node: Assign, context: Context): void {
    const operator = String(node.operator);
    if (node.variable instanceof VariableExpr && node.variable.name === '_') {
      this.evalExpression(node.value, context);
      return;
    }
    if (operator !== '=') {
      const value = new BinaryOperator(operator.slice(0, -1), node.variable, node.value);
      const plain = new Assign('=' as Assign['operator'], node.variable, value);
      value.line = plain.line = node.line;
      this._assign(plain, context);
      return;
    }
    const { memory } = this;
    const pointed = memory && node.variable instanceof UnaryOperator && node.variable.operator === '*';
    const target = pointed && memory.silently(() => this._getVariableData(node.variable, context));
    const place = target && this.#place(target);
    if (!place) {
      if (!this.#assignPart(node, context)) super._assign(node, context);
      return;
    }
    const value = new Evaluated(this.evalExpression(node.value, context)!);
    memory.silently(() => super._assign(new Assign(node.operator, node.variable, value), context));
    memory.wrote(place.block, place.offset, place.size, scalarOf(target.typeInfo));
  }

  /** `v.y = …`, `m[1][0] = …` of a vector or a matrix that is a variable of its own. */
  #assignPart({ variable, value, line }: Assign, context: Context): boolean {
    if (!(variable instanceof VariableExpr) || !variable.postfix) return false;
    const target = context.getVariableValue(variable.name);
    if (!(target instanceof VectorData || target instanceof MatrixData)) return false;
    const { rows, columns } = numericOf(target);
    let offset = 0;
    let count = target.data.length;
    for (let at: Expression | null = variable.postfix; at; at = at.postfix) {
      const whole = count > rows ? columns : count;
      const letter = at instanceof StringExpr ? Math.max('xyzw'.indexOf(at.value), 'rgba'.indexOf(at.value)) : 0;
      const index = at instanceof ArrayIndex ? this.#index(at, context) : letter;
      if (count === 1 || !(index >= 0 && index < whole))
        this.#refuse({ line } as Node, `the component ${index} of ${whole}`);
      count = count > rows ? rows : 1;
      offset += index * count;
    }
    const from = this.evalExpression(value, context);
    if (!from || !isNumeric(from) || numericOf(from).v.length !== count)
      return this.#refuse({ line } as Node, 'this assignment');
    target.data.set(numericOf(from).v, offset);
    return true;
  }

  /** Where a value lies, if it lies in a buffer or in workgroup memory. */
  #place(data: Data | null): { block: Block; offset: number; size: number } | undefined {
    const view = (data as Scalar | VectorData | null)?.data;
    const bytes = ArrayBuffer.isView(view) ? view.buffer : (data as TypedData | null)?.buffer;
    const block = bytes && this.memory?.blockOf(bytes);
    if (!block) return undefined;
    if (ArrayBuffer.isView(view)) return { block, offset: view.byteOffset, size: view.byteLength };
    return { block, offset: (data as TypedData).offset, size: data!.typeInfo.size };
  }
}

/** The node with another postfix; the tree is shared and stays as it is. */
function withPostfix<T extends Expression>(node: T, postfix: Expression | null): T {
  return Object.assign(Object.create(Object.getPrototypeOf(node)) as T, node, { postfix });
}

/**
 * Runs the library, which reports what it cannot do on the console and goes on, and turns that into an error.
 *
 * @throws `shader-unsupported`
 */
export function heard<T>(where: string, run: () => T): T {
  const said: string[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => void said.push(words.filter((word) => typeof word === 'string').join(' '));
  let cause: unknown;
  try {
    const result = run();
    if (said.length === 0) return result;
  } catch (thrown) {
    if (thrown instanceof FluoroscopeError) throw thrown;
    cause = thrown;
  } finally {
    console.error = error;
  }
  const what = said[0] ?? (cause as Error).message;
  throw new FluoroscopeError('shader-unsupported', `The interpreter cannot run ${where}: ${what}.`, { cause });
}
