import { describe, expect, it } from 'vitest';
import {
  initialWeights,
  networkParameters,
  parameterCount,
  stateSize,
} from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import type { NetworkShape } from '../../src/numerics/recurrent-kernel.ts';
import { CELL_KINDS, gaussianArray } from './network-cases.ts';

const SHAPE: NetworkShape = { cell: 'lstm', inputs: 3, hidden: 5, layers: 2, outputs: 2 };

describe('network layout', () => {
  it('counts the weights of each cell as its equations do', () => {
    const head = 2 * (5 + 3 + 1);
    const gate = (inputs: number) => 5 * inputs + 5 * 5 + 5;
    expect(parameterCount({ ...SHAPE, cell: 'rnn' })).toBe(gate(3) + gate(5) + head);
    expect(parameterCount({ ...SHAPE, cell: 'gru' })).toBe(3 * (gate(3) + gate(5)) + 2 * 5 + head);
    expect(parameterCount(SHAPE)).toBe(4 * (gate(3) + gate(5)) + head);
    expect(stateSize(SHAPE)).toBe(10);
  });

  it('covers the flat array with views, without a gap or an overlap', () => {
    for (const cell of CELL_KINDS) {
      const shape = { ...SHAPE, cell };
      const flat = new Float32Array(parameterCount(shape));
      const { layers, head } = networkParameters(shape, flat);
      const views = [
        ...layers.flatMap((p) => [p.wx, p.wh, p.b, p.bn]),
        ...[head.wo, head.ws, head.bo],
      ];
      let next = 0;
      for (const view of views) {
        expect(view.byteOffset / 4).toBe(next);
        next += view.length;
      }
      expect(next).toBe(flat.length);
    }
  });

  it('refuses a flat array of another length', () => {
    expect(() => networkParameters(SHAPE, new Float32Array(9))).toThrow(/weights, got 9/);
  });

  it('starts from weights that depend on the seed alone and stay within the fan-in bound', () => {
    const weights = initialWeights(SHAPE, new Random(1));
    expect(initialWeights(SHAPE, new Random(1))).toEqual(weights);
    expect(initialWeights(SHAPE, new Random(2))).not.toEqual(weights);
    const first = networkParameters(SHAPE, weights).layers[0]!;
    const limit = 1 / Math.sqrt(3) + 1e-7;
    expect(first.wx.every((w: number) => w !== 0 && Math.abs(w) <= limit)).toBe(true);
  });

  it('spreads the forget biases of an LSTM over 1 to 2.5 and leaves the others at 0', () => {
    const weights = initialWeights(SHAPE, new Random(1));
    for (const { b } of networkParameters(SHAPE, weights).layers) {
      expect([...b.subarray(5, 10)]).toEqual([1, 1.375, 1.75, 2.125, 2.5]);
      expect([...b.subarray(0, 5), ...b.subarray(10)].every((bias) => bias === 0)).toBe(true);
    }
  });

  it('lets an untrained network answer nearly 0', () => {
    for (const cell of CELL_KINDS) {
      const shape = { cell, inputs: 13, hidden: 64, layers: 1, outputs: 24 };
      const random = new Random(3);
      const kernel = createReadableKernel(shape);
      kernel.setWeights(initialWeights(shape, random));
      kernel.reserve(1);
      const y = new Float32Array(24);
      kernel.step(Uint32Array.of(0), 1, gaussianArray(13, random), y);
      expect(Math.max(...y.map(Math.abs))).toBeLessThan(0.05);
    }
  });
});
