import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../src/pipeline/back-off.ts';

describe('backOffMs', () => {
  it('doubles from half a second up to thirty', () => {
    const delays = [0, 1, 2, 5, 6, 1_000].map((attempt) => backOffMs(attempt, () => 1));
    expect(delays).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000]);
  });

  it('leaves a random half of it out', () => {
    expect(backOffMs(0, () => 0)).toBe(250);
    expect(backOffMs(20, () => 0)).toBe(15_000);
  });
});
