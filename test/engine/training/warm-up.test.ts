import { describe, expect, it } from 'vitest';
import {
  beginWarmUp,
  judgeWarmUp,
  WARM_UP,
  warmUpMayGoOn,
} from '../../../src/engine/training/warm-up.ts';
import { scheduledLearningRate } from '../../../src/numerics/learning-rate.ts';

describe('warm-up', () => {
  it('waits for data, so that each step is seen 100 times at most', () => {
    const warmUp = { ...beginWarmUp(), updates: 100 };
    expect(warmUpMayGoOn(warmUp, (100 * 16 * 64) / 100, 64)).toBe(false);
    expect(warmUpMayGoOn(warmUp, (100 * 16 * 64) / 100 + 1, 64)).toBe(true);
  });

  it('lets the learning rate rise over 20 updates and fall to a tenth at the last', () => {
    const rate = (update: number) => scheduledLearningRate(update, WARM_UP.learningRate);
    expect(rate(0)).toBeCloseTo(3e-3 / 20);
    expect(rate(19)).toBeCloseTo(3e-3);
    expect(rate(259)).toBeLessThan(rate(200));
    expect(rate(WARM_UP.updates - 1)).toBeCloseTo(3e-4);
  });

  it('returns to the best weights and ends after four judgements without progress', () => {
    const warmUp = { ...beginWarmUp(), updates: 200 };
    const verdicts = [true, false, false, false, false].map((improved) =>
      judgeWarmUp(warmUp, improved, 5000),
    );
    expect(verdicts).toEqual(['continue', 'continue', 'continue', 'continue', 'return']);
    expect(warmUp.active).toBe(0);
  });

  it('only rests while there are few data, until there are half as many again', () => {
    const warmUp = { ...beginWarmUp(), updates: 200, staleJudgements: 3 };
    expect(judgeWarmUp(warmUp, false, 1000)).toBe('return');
    expect(warmUp.active).toBe(1);
    expect(warmUpMayGoOn(warmUp, 1499, 4)).toBe(false);
    expect(warmUpMayGoOn(warmUp, 1500, 4)).toBe(true);
  });

  it('ends after 500 updates with the better of the last and the best weights', () => {
    for (const [improved, verdict] of [
      [true, 'continue'],
      [false, 'return'],
      [null, 'continue'],
    ] as const) {
      const warmUp = { ...beginWarmUp(), updates: 500 };
      expect(judgeWarmUp(warmUp, improved, 1e6)).toBe(verdict);
      expect(warmUp.active).toBe(0);
    }
  });
});
