import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/numerics/normal-quantile.ts';
import { LevelPlans, planLevel, plannedBound } from '../../src/pipeline/influx-levels.ts';

/** Half width of a standard normal interval. */
function z(level: number): number {
  return normalQuantile((1 + level) / 2);
}

describe('planLevel', () => {
  it('takes a configured level as it is', () => {
    const plan = planLevel([0.5, 0.8, 0.95], 0.8)!;
    expect(plannedBound(plan, 20, (index) => [19, 18.123, 17][index]!)).toBe(18.123);
  });

  it.each([
    ['between', [0.5, 0.99], 0.8],
    ['below', [0.9], 0.5],
    ['above', [0.4, 0.6], 0.95],
    ['between unordered', [0.99, 0.2, 0.7], 0.5],
  ])(
    'is exact for a normal distribution when the level lies %s the configured ones',
    (_, levels, level) => {
      const plan = planLevel(levels, level)!;
      const upper = plannedBound(plan, 20, (index) => 20 + 3 * z(levels[index]!));
      const lower = plannedBound(plan, 20, (index) => 20 - 3 * z(levels[index]!));
      expect(upper).toBeCloseTo(20 + 3 * z(level), 6);
      expect(lower).toBeCloseTo(20 - 3 * z(level), 6);
    },
  );

  it('keeps bounds on their side of the median, one within the other', () => {
    const bounds = [20, 20.5, 27];
    const levels = [0.3, 0.6, 0.9];
    const upper = [0.1, 0.3, 0.5, 0.6, 0.8, 0.9, 0.95].map((level) =>
      plannedBound(planLevel(levels, level)!, 20, (index) => bounds[index]!),
    );
    expect(upper[0]).toBeGreaterThanOrEqual(20);
    expect(upper).toEqual(upper.toSorted((a, b) => a - b));
  });

  it('has no plan without levels', () => {
    expect(planLevel([], 0.8)).toBeNull();
  });
});

describe('LevelPlans', () => {
  it('gives the plans of each list of levels, however they alternate', () => {
    const plans = new LevelPlans([0.5, 0.8]);
    const some = [{ level: 0.5 }, { level: 0.8 }];
    const others = [{ level: 0.8 }];
    for (let turn = 0; turn < 3; turn++) {
      expect(plans.of(some)).toEqual([planLevel([0.5, 0.8], 0.5), planLevel([0.5, 0.8], 0.8)]);
      expect(plans.of(others)).toEqual([planLevel([0.8], 0.5), planLevel([0.8], 0.8)]);
    }
    expect(plans.of([])).toEqual([null, null]);
  });
});
