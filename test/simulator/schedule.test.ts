import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../src/simulator/schedule.ts';

const startedAt = 1_800_000_000_000;
const minute = 60_000;

describe('the schedule of simulated time', () => {
  it('runs at the given speed from its start', () => {
    const schedule = createSchedule({ start: startedAt - 600 * minute, startedAt, speed: 60 });
    expect(schedule.dueUntil(startedAt)).toBe(startedAt - 600 * minute);
    expect(schedule.dueUntil(startedAt + minute)).toBe(startedAt - 540 * minute);
  });

  it('goes on at real time once it has caught up with the present', () => {
    const schedule = createSchedule({ start: startedAt - 59 * minute, startedAt, speed: 60 });
    expect(schedule.dueUntil(startedAt + 0.5 * minute)).toBe(startedAt - 29 * minute);
    expect(schedule.dueUntil(startedAt + minute)).toBe(startedAt + minute);
    expect(schedule.dueUntil(startedAt + 5 * minute)).toBe(startedAt + 5 * minute);
  });

  it('has all of the past due at once without a speed limit', () => {
    const schedule = createSchedule({ start: 0, startedAt, speed: 'max' });
    expect(schedule.dueUntil(startedAt + 7)).toBe(startedAt + 7);
  });

  it('waits for the present when it starts in the future', () => {
    const schedule = createSchedule({ start: startedAt + minute, startedAt, speed: 60 });
    expect(schedule.dueUntil(startedAt)).toBe(startedAt);
    expect(schedule.dueUntil(startedAt + 2 * minute)).toBe(startedAt + 2 * minute);
  });

  it('refuses a speed that leads nowhere', () => {
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createSchedule({ start: 0, startedAt, speed })).toThrow(RangeError);
    }
  });
});
