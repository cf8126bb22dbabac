import { describe, expect, it } from 'vitest';
import { sparklinePath } from '../../src/dashboard/sparkline.ts';

describe('sparklinePath', () => {
  it('spreads values over the width, the largest on top', () => {
    expect(sparklinePath([1, 3, 2], 10, 20)).toBe('M0.0 20.0L0.0 20.0L5.0 0.0L10.0 10.0');
  });

  it('breaks at missing values and makes a dot of one that stands alone', () => {
    expect(sparklinePath([0, null, 1], 10, 20)).toBe('M0.0 20.0L0.0 20.0M10.0 0.0L10.0 0.0');
  });

  it('draws a constant in the middle and nothing where there is nothing', () => {
    expect(sparklinePath([5, 5], 10, 20)).toBe('M0.0 10.0L0.0 10.0L10.0 10.0');
    expect(sparklinePath([null, null], 10, 20)).toBe('');
    expect(sparklinePath([], 10, 20)).toBe('');
  });
});
