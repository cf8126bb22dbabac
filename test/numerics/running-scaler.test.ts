import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ScalerColumns,
  scalerDeviation,
  standardise,
  updateScaler,
} from '../../src/numerics/running-scaler.ts';

function emptyColumns(rows: number): ScalerColumns {
  return {
    count: new Float64Array(rows),
    mean: new Float64Array(rows),
    variance: new Float64Array(rows),
  };
}

function twoPass(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

describe('running scaler', () => {
  it('equals the two-pass mean and deviation while no more than memory values have come', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(values, (series) => {
        const columns = emptyColumns(3);
        for (const value of series) updateScaler(columns, 1, value, 100);
        const { mean, deviation } = twoPass(series);
        // A hundred roundings of values up to 1e6 stay below 1e-8; a deviation is the root of
        // a sum of squares, hence the looser bound where it is nearly nothing.
        expect(Math.abs(columns.mean[1]! - mean)).toBeLessThan(1e-8);
        expect(Math.abs(scalerDeviation(columns, 1, 0) - deviation)).toBeLessThan(1e-5);
        expect(columns.mean[0]).toBe(0);
        expect(columns.count[2]).toBe(0);
      }),
    );
  });

  it('keeps its precision on a small variation far from zero', () => {
    const columns = emptyColumns(1);
    const series = Array.from({ length: 400 }, (_, i) => 1e6 + (i % 2) * 0.01);
    for (const value of series) updateScaler(columns, 0, value, 500);
    expect(scalerDeviation(columns, 0, 0)).toBeCloseTo(0.005, 7);
  });

  it('forgets exponentially once memory values have come', () => {
    const columns = emptyColumns(1);
    for (let i = 0; i < 50; i++) updateScaler(columns, 0, 10, 50);
    for (let i = 0; i < 50; i++) updateScaler(columns, 0, 20, 50);
    const left = (1 - 1 / 50) ** 50;
    expect(columns.mean[0]).toBeCloseTo(20 - 10 * left, 10);
    expect(scalerDeviation(columns, 0, 0)).toBeCloseTo(10 * Math.sqrt(left * (1 - left)), 10);
    expect(columns.count[0]).toBe(50);
  });

  it('stays usable on a constant stream', () => {
    const columns = emptyColumns(1);
    for (let i = 0; i < 20; i++) updateScaler(columns, 0, 5, 10);
    expect(standardise(columns, 0, 5, 1e-9)).toBe(0);
    expect(scalerDeviation(columns, 0, 0.5)).toBe(0.5);
  });

  it('works on single-precision columns too', () => {
    const columns = {
      count: new Float32Array(1),
      mean: new Float32Array(1),
      variance: new Float32Array(1),
    };
    for (let i = 0; i < 100; i++) updateScaler(columns, 0, i % 4, 200);
    expect(standardise(columns, 0, 3, 1e-9)).toBeCloseTo(1.5 / Math.sqrt(1.25), 5);
  });
});
