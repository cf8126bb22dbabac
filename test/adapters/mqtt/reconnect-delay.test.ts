import { describe, expect, it } from 'vitest';
import { reconnectDelayMs } from '../../../src/adapters/mqtt/reconnect-delay.ts';

describe('reconnectDelayMs', () => {
  it('doubles from half a second up to thirty', () => {
    const delays = [0, 1, 2, 5, 6, 1_000].map((attempt) => reconnectDelayMs(attempt, () => 1));
    expect(delays).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000]);
  });

  it('leaves a random half of it out', () => {
    expect(reconnectDelayMs(0, () => 0)).toBe(250);
    expect(reconnectDelayMs(20, () => 0)).toBe(15_000);
  });
});
