import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/pipeline/rate-limit.ts';

describe('the rate limit', () => {
  it('lets one second’s worth through at once, then what time brings', () => {
    const limit = new RateLimit(100);
    expect(limit.admit(150, 0)).toBe(100);
    expect(limit.admit(50, 0)).toBe(0);
    expect(limit.admit(50, 250)).toBe(25);
    expect(limit.admit(500, 60_000)).toBe(100);
  });

  it('survives a clock that jumps back', () => {
    const limit = new RateLimit(10);
    limit.admit(10, 1e9);
    expect(limit.admit(1, 0)).toBe(0);
    expect(limit.admit(20, 1_000)).toBe(10);
  });
});
