/**
 * WebAssembly instructions as nested expressions, so that an emitted kernel reads like the formula
 * it computes: `add(mul(a, b), c)`. An expression is the bytes that leave its value on the stack.
 * Two types occur: `i32` (addresses and counters) and `v128` (four float32 lanes).
 *
 * The opcodes are those of the specification's index of instructions; SIMD ones follow a prefix.
 */

/** The bytes of an expression or of a statement. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'v128' | 'f32';

/** A variable of a function. Reading it is an expression of its own. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Whatever has a value: an expression, a variable, or a whole number (an i32). */
export type Operand = Code | Local | number;

const SIMD = 0xfd;

export function code(operand: Operand): Code {
  if (typeof operand === 'number') return [0x41, ...signedLeb(operand)];
  return 'index' in operand ? [0x20, ...leb(operand.index)] : operand;
}

const binary =
  (...opcode: number[]) =>
  (left: Operand, right: Operand): Code => [...code(left), ...code(right), ...opcode];

// Addresses and counters.
export const addInt = binary(0x6a);
export const subInt = binary(0x6b);
export const mulInt = binary(0x6c);
export const andInt = binary(0x71);
export const shiftRight = binary(0x76);
export const notEqual = binary(0x47);
/** The smaller of two unsigned variables. */
export function minInt(left: Local, right: Local): Code {
  return [...code(left), ...code(right), ...code(left), ...code(right), 0x49, 0x1b];
}

// Four float32 lanes.
export const add = binary(SIMD, 0xe4, 0x01);
export const sub = binary(SIMD, 0xe5, 0x01);
export const mul = binary(SIMD, 0xe6, 0x01);
export const div = binary(SIMD, 0xe7, 0x01);
/** right < left ? right : left, so a NaN on the left stays. */
export const lowerOf = binary(SIMD, 0xea, 0x01);
/** left < right ? right : left, so a NaN on the left stays. */
export const upperOf = binary(SIMD, 0xeb, 0x01);
export const notEqualLanes = binary(SIMD, 0x42);
export const and = binary(SIMD, 0x4e);

/** a·b + c with one rounding; only where relaxed SIMD is. */
export function relaxedMultiplyAdd(a: Operand, b: Operand, c: Operand): Code {
  return [...code(a), ...code(b), ...code(c), SIMD, 0x85, 0x02];
}

/** Four lanes from memory at address + offset. */
export function load(address: Operand, offset = 0): Code {
  return [...code(address), SIMD, 0x00, 0x04, ...leb(offset)];
}

/** One float32 from memory in all four lanes. */
export function loadSplat(address: Operand, offset = 0): Code {
  return [...code(address), SIMD, 0x09, 0x02, ...leb(offset)];
}

export function loadInt(address: Operand, offset = 0): Code {
  return [...code(address), 0x28, 0x02, ...leb(offset)];
}

export function loadFloat(address: Operand, offset = 0): Code {
  return [...code(address), 0x2a, 0x02, ...leb(offset)];
}

/** The same number in all four lanes. */
export function constant(value: number): Code {
  const lane = [...new Uint8Array(Float32Array.of(value).buffer)];
  return [SIMD, 0x0c, ...lane, ...lane, ...lane, ...lane];
}

/** All bits of so many lanes, none of the others: a mask. */
export function firstLanes(count: number): Code {
  const byte = (at: number) => (at < 4 * count ? 0xff : 0);
  return [SIMD, 0x0c, ...Array.from({ length: 16 }, (_, at) => byte(at))];
}

/** Unsigned numbers of variable length, seven bits a byte. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
