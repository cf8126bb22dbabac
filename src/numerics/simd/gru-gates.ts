/**
 * The gates of four GRU units (the equations are in cells/gru.ts). Their panel holds the sums of r
 * and z, and the candidate's two shares, from x and from h, since r stands between them:
 *
 *   n = tanh(x + r·h)        on the way back: dx = dn, dh = dn·r
 */

import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { add, load, mul, sub } from './expressions.ts';
import type { StepStrides, WindowStrides } from './gate-functions.ts';
import { Squashing } from './squashing.ts';

const R = 0;
const Z = 16;
const FROM_X = 32;
const FROM_H = 48;

/** See `GateFunctions.step`. */
export function defineGruStep(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: StepStrides,
): FunctionBuilder {
  return module.define(
    '',
    ['i32', 'i32', 'i32', 'i32', 'i32'],
    (body, count, sums, _c, h, above) => {
      const squashing = new Squashing(body, multiplyAdd);
      const fraction = squashing.fraction();
      const [r, z, n] = body.vectors(3);
      body.countDown(count, () => {
        squashing.logistic(r, load(sums, R), fraction);
        squashing.logistic(z, load(sums, Z), fraction);
        squashing.tanh(n, multiplyAdd(r, load(sums, FROM_H), load(sums, FROM_X)), fraction);
        body.store(above, multiplyAdd(z, sub(load(h), n), n));
        body.advance(sums, strides.z);
        body.advance(h, strides.h);
        body.advance(above, strides.above);
      });
    },
  );
}

/** See `GateFunctions.forward`. The gates become r, z, n and the candidate's share from h. */
export function defineGruForward(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, ...parameters) => {
    const [count, gates, , , , hBefore, h, above] = parameters;
    const squashing = new Squashing(body, multiplyAdd);
    const fraction = squashing.fraction();
    const [r, z, n, state] = body.vectors(4);
    body.countDown(count, () => {
      squashing.logistic(r, load(gates, R), fraction);
      squashing.logistic(z, load(gates, Z), fraction);
      squashing.tanh(n, multiplyAdd(r, load(gates, FROM_H), load(gates, FROM_X)), fraction);
      body.store(gates, r, R);
      body.store(gates, z, Z);
      body.store(gates, n, FROM_X);
      body.set(state, multiplyAdd(z, sub(load(hBefore), n), n));
      body.store(h, state);
      body.store(above, state);
      body.advance(gates, strides.gates);
      body.advance(hBefore, strides.h);
      body.advance(h, strides.h);
      body.advance(above, strides.above);
    });
  });
}

/** See `GateFunctions.backward`. */
export function defineGruBackward(
  module: ModuleBuilder,
  _multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, ...parameters) => {
    const [count, gates, dh, , , , hBefore, dhBefore] = parameters;
    const one = body.constant(1);
    const [r, z, n, dState, dn] = body.vectors(5);
    const slope = (gate: typeof r) => mul(gate, sub(one, gate));
    body.countDown(count, () => {
      body.set(r, load(gates, R));
      body.set(z, load(gates, Z));
      body.set(n, load(gates, FROM_X));
      body.set(dState, load(dh));
      body.set(dn, mul(mul(dState, sub(one, z)), sub(one, mul(n, n))));
      body.store(gates, mul(mul(dn, load(gates, FROM_H)), slope(r)), R);
      body.store(gates, mul(mul(dState, sub(load(hBefore), n)), slope(z)), Z);
      body.store(gates, dn, FROM_X);
      body.store(gates, mul(dn, r), FROM_H);
      body.store(dhBefore, add(load(dhBefore), mul(dState, z)));
      body.advance(gates, strides.gates);
      body.advance(dh, strides.state);
      body.advance(hBefore, strides.h);
      body.advance(dhBefore, strides.state);
    });
  });
}
