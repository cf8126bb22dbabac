import { describe, expect, it } from 'vitest';
import { MetricScale } from '../../src/evaluation/metric-scale.ts';

function measured(values: readonly number[]): MetricScale {
  const scale = new MetricScale(1);
  for (const value of values) scale.add(Float64Array.of(value));
  return scale;
}

describe('MetricScale', () => {
  it('measures the population deviation and the mean absolute difference', () => {
    const scale = measured([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(scale.deviation(0)).toBe(2);
    expect(scale.change(0)).toBe(1);
  });

  it('is exact far from zero', () => {
    expect(measured([1e9 + 1, 1e9 + 3]).deviation(0)).toBe(1);
  });

  it('leaves out missing values and the differences to them', () => {
    const scale = measured([1, Number.NaN, 5, 6]);
    expect(scale.deviation(0)).toBeCloseTo(Math.sqrt(14 / 3), 12);
    expect(scale.change(0)).toBe(1);
  });

  it('measures in 1 where a stream does not vary, and has no difference to divide by', () => {
    expect(measured([3, 3, 3]).deviation(0)).toBe(1);
    expect(measured([]).deviation(0)).toBe(1);
    expect(measured([3, 3, 3]).change(0)).toBeNaN();
  });
});
