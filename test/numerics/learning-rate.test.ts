import { describe, expect, it } from 'vitest';
import { scheduledLearningRate } from '../../src/numerics/learning-rate.ts';

const SCHEDULE = { from: 3e-3, to: 3e-4, rampUpdates: 20, updates: 500 };

describe('learning rate schedule', () => {
  const rates = Array.from({ length: 600 }, (_, i) => scheduledLearningRate(i, SCHEDULE));

  it('rises linearly over the ramp and never starts at 0', () => {
    expect(rates[0]).toBeCloseTo(3e-3 / 20, 12);
    expect(rates[9]).toBeCloseTo(1.5e-3, 12);
    expect(rates[19]).toBeCloseTo(3e-3, 12);
    expect(rates[20]).toBeCloseTo(3e-3, 12);
  });

  it('falls along half a cosine to its last rate and stays there', () => {
    for (let i = 21; i < 500; i++) expect(rates[i]!).toBeLessThan(rates[i - 1]!);
    expect(scheduledLearningRate(20 + 479 / 2, SCHEDULE)).toBeCloseTo(1.65e-3, 12);
    expect(rates[499]).toBeCloseTo(3e-4, 12);
    expect(rates[599]).toBe(rates[499]);
  });

  it('works without a ramp and for a single update', () => {
    const single = { from: 1, to: 0.1, rampUpdates: 0, updates: 1 };
    expect(scheduledLearningRate(0, single)).toBe(1);
    expect(scheduledLearningRate(1, single)).toBeCloseTo(0.1, 12);
  });
});
