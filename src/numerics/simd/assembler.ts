/**
 * A small WebAssembly assembler: functions of typed variables, statements and counted loops become
 * the bytes of a module that imports its memory and exports what it is told to.
 *
 *   module:  magic · types · import env.memory · functions · exports · code
 *   function: parameters and locals · statements (bytes of expressions.ts) · end
 *
 * Nothing is optimised here; the engine that compiles the module does that. It refuses nothing:
 * what does not validate fails when the module is compiled.
 */

import {
  type Code,
  code,
  constant,
  type Local,
  leb,
  notEqual,
  type Operand,
  type ValueType,
} from './expressions.ts';

const TYPE_BYTE: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Collects functions and gives the bytes of a module. */
export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = [];

  /** A function with these parameters; exported under its name unless that is empty. */
  define(
    name: string,
    parameters: readonly ValueType[],
    write: (body: FunctionBuilder, ...parameters: Local[]) => void,
    result: ValueType | null = null,
  ): FunctionBuilder {
    const built = new FunctionBuilder(name, this.#functions.length, parameters, result);
    this.#functions.push(built);
    write(built, ...built.parameters);
    return built;
  }

  bytes(): Uint8Array {
    const functions = this.#functions;
    const exported = functions.filter(({ name }) => name !== '');
    const memory = [...text('env'), ...text('memory'), 0x02, 0x00, 0x01];
    return new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(
        1,
        functions.map((built) => built.type()),
      ),
      ...section(2, [memory]),
      ...section(
        3,
        functions.map(({ index }) => leb(index)),
      ),
      ...section(
        7,
        exported.map(({ name, index }) => [...text(name), 0x00, ...leb(index)]),
      ),
      ...section(
        10,
        functions.map((built) => built.body()),
      ),
    ]);
  }
}

/** The statements of one function, in the order they are written. */
export class FunctionBuilder {
  readonly name: string;
  readonly index: number;
  readonly parameters: readonly Local[];
  readonly #result: ValueType | null;
  readonly #locals: ValueType[] = [];
  readonly #code: number[] = [];
  readonly #constants = new Map<number, Local>();

  constructor(
    name: string,
    index: number,
    parameters: readonly ValueType[],
    result: ValueType | null,
  ) {
    this.name = name;
    this.index = index;
    this.parameters = parameters.map((type, at) => ({ index: at, type }));
    this.#result = result;
  }

  /** A new variable, 0 at first. */
  int(): Local {
    return this.#local('i32');
  }

  vector(): Local {
    return this.#local('v128');
  }

  vectors(count: number): Local[] {
    return Array.from({ length: count }, () => this.vector());
  }

  /**
   * A variable that holds the number in all four lanes from the beginning of the function on.
   * Written out at each use, some engines build the vector anew each time: twice the time of a gate.
   */
  constant(value: number): Local {
    const known = this.#constants.get(value) ?? this.vector();
    this.#constants.set(value, known);
    return known;
  }

  set(target: Local, value: Operand): void {
    this.#write([...code(value), 0x21, ...leb(target.index)]);
  }

  /** target += amount, for addresses and counters. */
  advance(target: Local, amount: Operand): void {
    if (amount !== 0) this.set(target, [...code(target), ...code(amount), 0x6a]);
  }

  /** Writes four lanes to address + offset. */
  store(address: Operand, value: Operand, offset = 0): void {
    this.#write([...code(address), ...code(value), 0xfd, 0x0b, 0x04, ...leb(offset)]);
  }

  storeFloat(address: Operand, value: Operand, offset = 0): void {
    this.#write([...code(address), ...code(value), 0x38, 0x02, ...leb(offset)]);
  }

  call(target: FunctionBuilder, ...values: Operand[]): void {
    this.#write([...values.flatMap(code), 0x10, ...leb(target.index)]);
  }

  /** Runs the statements at least once, and again while the condition holds after them. */
  doWhile(statements: () => void, condition: () => Code): void {
    this.#write([0x03, 0x40]);
    statements();
    this.#write([...condition(), 0x0d, 0x00, 0x0b]);
  }

  /** Runs the statements, at least once, until `counter` has been counted down to 0. */
  countDown(counter: Local, statements: () => void, by = 1): void {
    this.doWhile(
      () => {
        statements();
        this.advance(counter, -by);
      },
      () => notEqual(counter, 0),
    );
  }

  /** Runs the statements if the condition is not 0. */
  when(condition: Operand, statements: () => void, otherwise?: () => void): void {
    this.#write([...code(condition), 0x04, 0x40]);
    statements();
    if (otherwise !== undefined) {
      this.#write([0x05]);
      otherwise();
    }
    this.#write([0x0b]);
  }

  /** Leaves the value on the stack; the last statement of a function with a result. */
  answer(value: Operand): void {
    this.#write(code(value));
  }

  type(): number[] {
    const parameters = this.parameters.map(({ type }) => TYPE_BYTE[type]);
    const results = this.#result === null ? [] : [TYPE_BYTE[this.#result]];
    return [0x60, ...leb(parameters.length), ...parameters, ...leb(results.length), ...results];
  }

  body(): number[] {
    const locals = this.#locals.flatMap((type) => [0x01, TYPE_BYTE[type]]);
    const constants = [...this.#constants].flatMap(([value, { index }]) => [
      ...constant(value),
      0x21,
      ...leb(index),
    ]);
    const content = [...leb(this.#locals.length), ...locals, ...constants, ...this.#code, 0x0b];
    return [...leb(content.length), ...content];
  }

  #local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.parameters.length + this.#locals.length - 1, type };
  }

  #write(bytes: Code): void {
    append(this.#code, bytes);
  }
}

function text(value: string): number[] {
  return [...leb(value.length), ...Array.from(value, (letter) => letter.charCodeAt(0))];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = leb(items.length);
  for (const item of items) append(content, item);
  return [id, ...leb(content.length), ...content];
}

/** Modules are emitted once, by code that no engine has optimised yet: spreading costs more. */
function append(target: number[], bytes: Code): void {
  for (let i = 0; i < bytes.length; i++) target.push(bytes[i]);
}
