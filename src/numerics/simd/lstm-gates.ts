/**
 * The gates of four LSTM units: i f g o, one vector each (the equations are in cells/lstm.ts).
 *
 * For a step the three factors of c' share one division: with σ = (q+p)/2q and tanh = p/q,
 *
 *   c' = (qf+pf)·(qi·qg·r)·c + (qi+pi)·pg·(qf·r)        r = 1/(2·qf·qi·qg)
 *   h' = (qo+po)·pc / (2·qo·qc)
 *
 * The factor of c is formed first, so that no c is too large. Two passes, c' for all rows and then
 * h', are two short chains of dependent operations instead of one long one.
 */

import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { add, div, load, mul, sub } from './expressions.ts';
import type { StepStrides, WindowStrides } from './gate-functions.ts';
import { Squashing } from './squashing.ts';

const I = 0;
const F = 16;
const G = 32;
const O = 48;

/** See `GateFunctions.step`. */
export function defineLstmStep(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: StepStrides,
): FunctionBuilder {
  return module.define('', ['i32', 'i32', 'i32', 'i32', 'i32'], (body, n, z, c, _h, above) => {
    const squashing = new Squashing(body, multiplyAdd);
    const [first, second, third] = [0, 1, 2].map(() => squashing.fraction());
    const [inverse, product, memory] = body.vectors(3);
    const [rows, zStart, cStart] = [body.int(), body.int(), body.int()];
    const half = body.constant(0.5);
    body.set(rows, n);
    body.set(zStart, z);
    body.set(cStart, c);
    body.countDown(rows, () => {
      squashing.tanhFraction(first, load(z, I));
      squashing.tanhFraction(second, load(z, F));
      squashing.tanhFraction(third, load(z, G));
      body.set(product, mul(first.q, third.q));
      body.set(inverse, div(half, mul(second.q, product)));
      const input = mul(mul(add(first.q, first.p), third.p), mul(second.q, inverse));
      const forget = mul(add(second.q, second.p), mul(product, inverse));
      body.set(memory, multiplyAdd(forget, load(c), input));
      body.store(c, memory);
      body.advance(z, strides.z);
      body.advance(c, strides.c);
    });
    body.countDown(n, () => {
      squashing.tanhFraction(first, load(cStart));
      squashing.tanhFraction(second, load(zStart, O));
      const open = mul(add(second.q, second.p), half);
      body.store(above, div(mul(open, first.p), mul(second.q, first.q)));
      body.advance(zStart, strides.z);
      body.advance(cStart, strides.c);
      body.advance(above, strides.above);
    });
  });
}

/** See `GateFunctions.forward`. */
export function defineLstmForward(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, ...parameters) => {
    const [n, gates, cBefore, c, shown, , h, above] = parameters;
    const squashing = new Squashing(body, multiplyAdd);
    const fraction = squashing.fraction();
    const [i, f, g, o, tanhMemory, state] = body.vectors(6);
    const [rows, gatesStart, cStart] = [body.int(), body.int(), body.int()];
    body.set(rows, n);
    body.set(gatesStart, gates);
    body.set(cStart, c);
    body.countDown(rows, () => {
      squashing.logistic(i, load(gates, I), fraction);
      squashing.logistic(f, load(gates, F), fraction);
      squashing.tanh(g, load(gates, G), fraction);
      body.store(gates, i, I);
      body.store(gates, f, F);
      body.store(gates, g, G);
      body.store(c, multiplyAdd(f, load(cBefore), mul(i, g)));
      body.advance(gates, strides.gates);
      for (const column of [cBefore, c]) body.advance(column, strides.state);
    });
    body.countDown(n, () => {
      squashing.logistic(o, load(gatesStart, O), fraction);
      squashing.tanh(tanhMemory, load(cStart), fraction);
      body.store(gatesStart, o, O);
      body.store(shown, tanhMemory);
      body.set(state, mul(o, tanhMemory));
      body.store(h, state);
      body.store(above, state);
      body.advance(gatesStart, strides.gates);
      for (const column of [cStart, shown]) body.advance(column, strides.state);
      body.advance(h, strides.h);
      body.advance(above, strides.above);
    });
  });
}

/** See `GateFunctions.backward`. */
export function defineLstmBackward(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, ...parameters) => {
    const [n, gates, dh, dc, cBefore, shown] = parameters;
    const one = body.constant(1);
    const [i, f, g, o, tanhMemory, dState, dMemory] = body.vectors(7);
    const slope = (gate: typeof i) => mul(gate, sub(one, gate));
    body.countDown(n, () => {
      for (const [at, gate] of [i, f, g, o].entries()) body.set(gate, load(gates, 16 * at));
      body.set(tanhMemory, load(shown));
      body.set(dState, load(dh));
      const shownSlope = sub(one, mul(tanhMemory, tanhMemory));
      body.set(dMemory, multiplyAdd(mul(dState, o), shownSlope, load(dc)));
      body.store(dc, mul(dMemory, f));
      body.store(gates, mul(mul(dMemory, g), slope(i)), I);
      body.store(gates, mul(mul(dMemory, load(cBefore)), slope(f)), F);
      body.store(gates, mul(mul(dMemory, i), sub(one, mul(g, g))), G);
      body.store(gates, mul(mul(dState, tanhMemory), slope(o)), O);
      body.advance(gates, strides.gates);
      for (const column of [dh, dc, cBefore, shown]) body.advance(column, strides.state);
    });
  });
}
