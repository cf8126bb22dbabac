import { describe, expect, it } from 'vitest';
import { RowClock, seasonSteps, stepOfTimes } from '../../src/evaluation/row-clock.ts';
import { HOUR, START } from './recording.ts';

const DAY = 24 * HOUR;

function clocked(stepMs: number | null, times: readonly (number | null)[]): number[] {
  const clock = new RowClock(stepMs);
  return times.map((time) => clock.place(time).time);
}

const hourly = (count: number) => Array.from({ length: count }, (_, i) => START + i * HOUR);

describe('RowClock', () => {
  it('shows the times of the file where these are regular', () => {
    expect(clocked(HOUR, hourly(500))).toEqual(hourly(500));
  });

  it('never leaves a gap that anything would be inserted into, nor repeats a time', () => {
    const times = hourly(400).map((time, i) => {
      const jump = i < 100 ? 0 : i < 200 ? 11 * DAY + 7 * HOUR : -30 * DAY;
      return i % 50 === 7 ? null : time + jump;
    });
    const shown = clocked(HOUR, times);
    for (let i = 1; i < shown.length; i++) {
      const gap = shown[i]! - shown[i - 1]!;
      expect(gap).toBeGreaterThanOrEqual(0.9 * HOUR);
      expect(gap).toBeLessThanOrEqual(1.1 * HOUR);
    }
  });

  it('comes back to the time of the week after rows are missing', () => {
    const times = hourly(400).map((time, i) => (i < 100 ? time : time + 3 * DAY + 5 * HOUR));
    const late = clocked(HOUR, [...times, ...hourly(1_000).map((time) => time + 20 * DAY)]);
    const shown = late.at(-1)!;
    const given = hourly(1_000).at(-1)! + 20 * DAY;
    expect((given - shown) % (7 * DAY)).toBe(0);
  });

  it('gives rows without times neither days nor weeks', () => {
    const shown = clocked(null, [null, null, null]);
    expect(shown.map((time) => time % (7 * DAY))).toEqual(shown.map(() => shown[0]! % (7 * DAY)));
    expect(new Set(shown).size).toBe(3);
  });
});

describe('stepOfTimes', () => {
  it('takes the natural period near the median gap', () => {
    const jittered = hourly(20).map((time, i) => time + ((i * 7_919) % 90_000));
    expect(stepOfTimes(jittered)).toBe(HOUR);
  });

  it('finds none where times are missing, stand still or fall', () => {
    expect(stepOfTimes([null, null, null])).toBeNull();
    expect(stepOfTimes([START, START, START])).toBeNull();
    expect(stepOfTimes(hourly(5).reverse())).toBeNull();
    expect(stepOfTimes([START])).toBeNull();
  });
});

describe('seasonSteps', () => {
  it.each([
    [HOUR, 24],
    [HOUR / 6, 144],
    [DAY, 7],
    [7 * DAY, 0],
    [1_000, 0],
    [null, 0],
  ])('of %s ms are %i', (stepMs, steps) => {
    expect(seasonSteps(stepMs)).toBe(steps);
  });
});
