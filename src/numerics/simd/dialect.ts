/**
 * The one instruction in which the variants differ: a·b + c, with one rounding where relaxed SIMD
 * offers it, with two elsewhere. Each variant has bits of its own, and the same ones everywhere it
 * runs as itself. (Relaxed SIMD may round twice on a processor without fused multiply-add; snapshots
 * name the variant, not the processor.)
 */

import { ModuleBuilder } from './assembler.ts';
import { add, type Code, constant, mul, type Operand, relaxedMultiplyAdd } from './expressions.ts';
import { validates } from './web-assembly.ts';

/** From the fastest; `readable` is what is left where neither runs. */
export type SimdVariant = 'simd-relaxed' | 'simd128';

/** Emits a·b + c. */
export type MultiplyAdd = (a: Operand, b: Operand, c: Operand) => Code;

export const MULTIPLY_ADD: Readonly<Record<SimdVariant, MultiplyAdd>> = {
  'simd-relaxed': relaxedMultiplyAdd,
  simd128: (a, b, c) => add(c, mul(a, b)),
};

/** The fastest variant that this machine's WebAssembly accepts; null where it accepts none. */
export function fastestVariant(): SimdVariant | null {
  if (accepts('simd-relaxed')) return 'simd-relaxed';
  return accepts('simd128') ? 'simd128' : null;
}

function accepts(variant: SimdVariant): boolean {
  const module = new ModuleBuilder();
  module.define('probe', [], (body) => {
    const one = constant(1);
    body.store(0, MULTIPLY_ADD[variant](one, one, one));
  });
  return validates(module.bytes());
}
