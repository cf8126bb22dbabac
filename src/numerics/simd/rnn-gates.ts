/** The sixteen units of a vanilla recurrent panel: h' = tanh(sum), the gradient dh·(1 − h'²). */

import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import type { MultiplyAdd } from './dialect.ts';
import { load, mul, sub } from './expressions.ts';
import type { StepStrides, WindowStrides } from './gate-functions.ts';
import { Squashing } from './squashing.ts';

const VECTORS = [0, 16, 32, 48];

/** See `GateFunctions.step`. */
export function defineRnnStep(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: StepStrides,
): FunctionBuilder {
  return module.define('', ['i32', 'i32', 'i32', 'i32', 'i32'], (body, n, z, _c, _h, above) => {
    const squashing = new Squashing(body, multiplyAdd);
    const fraction = squashing.fraction();
    const state = body.vector();
    body.countDown(n, () => {
      for (const at of VECTORS) {
        squashing.tanh(state, load(z, at), fraction);
        body.store(above, state, at);
      }
      body.advance(z, strides.z);
      body.advance(above, strides.above);
    });
  });
}

/** See `GateFunctions.forward`. */
export function defineRnnForward(
  module: ModuleBuilder,
  multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, ...parameters) => {
    const [n, gates, , , , , h, above] = parameters;
    const squashing = new Squashing(body, multiplyAdd);
    const fraction = squashing.fraction();
    const state = body.vector();
    body.countDown(n, () => {
      for (const at of VECTORS) {
        squashing.tanh(state, load(gates, at), fraction);
        for (const target of [gates, h, above]) body.store(target, state, at);
      }
      body.advance(gates, strides.gates);
      body.advance(h, strides.h);
      body.advance(above, strides.above);
    });
  });
}

/** See `GateFunctions.backward`. */
export function defineRnnBackward(
  module: ModuleBuilder,
  _multiplyAdd: MultiplyAdd,
  strides: WindowStrides,
): FunctionBuilder {
  return module.define('', Array(8).fill('i32'), (body, n, gates, dh) => {
    const one = body.constant(1);
    const state = body.vector();
    body.countDown(n, () => {
      for (const at of VECTORS) {
        body.set(state, load(gates, at));
        body.store(gates, mul(load(dh, at), sub(one, mul(state, state))), at);
      }
      body.advance(gates, strides.gates);
      body.advance(dh, strides.state);
    });
  });
}
