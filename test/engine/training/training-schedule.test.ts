import { describe, expect, it } from 'vitest';
import { TrainingSchedule } from '../../../src/engine/training/training-schedule.ts';

const OPTIONS = { everyRows: 8, publishSeconds: 1, checkpointSeconds: 60 };

describe('TrainingSchedule', () => {
  it('owes an update for every eight steps of each tracked stream', () => {
    const schedule = new TrainingSchedule(OPTIONS, 0);
    schedule.addSteps(39, 5);
    expect(schedule.next(0, false)).toBeNull();
    schedule.addSteps(1, 5);
    expect(schedule.next(0, false)).toBe('update');
    expect(schedule.next(0, false)).toBeNull();
  });

  it('gives one task a call and skips, counted, what it cannot catch up with', () => {
    const schedule = new TrainingSchedule(OPTIONS, 0);
    schedule.addSteps(800, 1);
    const tasks = Array.from({ length: 6 }, () => schedule.next(0, false));
    expect(tasks).toEqual(['update', 'update', 'update', 'update', null, null]);
    expect(schedule.skippedUpdates).toBe(96);
  });

  it('publishes and makes checkpoints by the time it is told', () => {
    const schedule = new TrainingSchedule(OPTIONS, 5000);
    expect(schedule.next(5999, false)).toBeNull();
    expect(schedule.waitMs(5999)).toBe(1);
    expect(schedule.next(6000, false)).toBe('publish');
    expect(schedule.next(6000, false)).toBeNull();
    expect(schedule.waitMs(6000)).toBe(1000);
    expect(schedule.next(65_000, false)).toBe('checkpoint');
    expect(schedule.next(65_000, false)).toBe('publish');
    expect(schedule.waitMs(65_000)).toBe(1000);
    expect(schedule.waitMs(70_000)).toBe(0);
  });

  it('gives the warm-up whatever is left over, and leaves no debt behind', () => {
    const schedule = new TrainingSchedule(OPTIONS, 0);
    schedule.addSteps(32, 1);
    expect(schedule.next(0, true)).toBe('update');
    expect(schedule.next(0, true)).toBe('update');
    expect(schedule.next(0, false)).toBeNull();
    expect(schedule.skippedUpdates).toBe(0);
  });
});
