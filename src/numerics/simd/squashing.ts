/**
 * tanh(x) = x·P(x²)/Q(x²) on ±7.9, held at its ends beyond: a minimax fit in float64 whose largest
 * error is 1.7e-7; computed in float32 it is 4.7e-7, and |tanh| never exceeds 1. The logistic
 * function of a is (1 + tanh(a/2))/2, and its columns come in halves already (panel-layout.ts).
 *
 * Numerator and denominator are kept apart so that a cell can share one division among several.
 * Q lies in 1..170: products of three cannot overflow. A NaN stays NaN.
 */

import type { FunctionBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { add, div, type Local, lowerOf, mul, type Operand, upperOf } from './expressions.ts';

const LIMIT = 7.9;
/** From the highest power of x² to the lowest. */
const P = [-6.1402422e-9, 7.150804e-6, 0.00269353915, 0.127087224, 0.999999157];
const Q = [0.000196456005, 0.0228360298, 0.460417465, 1];

/** Two variables: tanh is p/q. */
export interface Fraction {
  readonly p: Local;
  readonly q: Local;
}

/** Emits the squashing functions into one function body, reusing its variables. */
export class Squashing {
  readonly #body: FunctionBuilder;
  readonly #multiplyAdd: MultiplyAdd;
  readonly #x: Local;
  readonly #square: Local;

  constructor(body: FunctionBuilder, multiplyAdd: MultiplyAdd) {
    this.#body = body;
    this.#multiplyAdd = multiplyAdd;
    this.#x = body.vector();
    this.#square = body.vector();
  }

  /** Two new variables for a fraction. */
  fraction(): Fraction {
    return { p: this.#body.vector(), q: this.#body.vector() };
  }

  /** target = tanh(value) as a fraction. */
  tanhFraction(target: Fraction, value: Operand): void {
    const limited = upperOf(
      lowerOf(value, this.#body.constant(LIMIT)),
      this.#body.constant(-LIMIT),
    );
    this.#body.set(this.#x, limited);
    this.#body.set(this.#square, mul(this.#x, this.#x));
    this.#polynomial(target.p, P);
    this.#polynomial(target.q, Q);
    this.#body.set(target.p, mul(target.p, this.#x));
  }

  /** target = tanh(value); the fraction is scratch. */
  tanh(target: Local, value: Operand, scratch: Fraction): void {
    this.tanhFraction(scratch, value);
    this.#body.set(target, div(scratch.p, scratch.q));
  }

  /** target = σ(2·half); the fraction is scratch. */
  logistic(target: Local, half: Operand, scratch: Fraction): void {
    this.tanhFraction(scratch, half);
    const { p, q } = scratch;
    this.#body.set(target, mul(this.#body.constant(0.5), div(add(p, q), q)));
  }

  #polynomial(target: Local, coefficients: readonly number[]): void {
    const [first, ...rest] = coefficients.map((value) => this.#body.constant(value));
    this.#body.set(target, first);
    for (const next of rest) this.#body.set(target, this.#multiplyAdd(this.#square, target, next));
  }
}
