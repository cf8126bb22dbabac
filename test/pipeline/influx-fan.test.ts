import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FanSchedule } from '../../src/pipeline/influx-fan.ts';

describe('FanSchedule', () => {
  it('lets the first forecast go at once and the next ones wait', () => {
    const fans = new FanSchedule(10_000);
    expect(fans.isDue(0, 500)).toBe(true);
    fans.written(0, 500);
    expect(fans.isDue(0, 10_499)).toBe(false);
    expect(fans.isDue(0, 10_500)).toBe(true);
    expect(fans.isDue(1, 501)).toBe(true);
  });

  it('tells when the newest is due although no reading comes', () => {
    const fans = new FanSchedule(10_000);
    fans.written(0, 0);
    fans.written(1, 3_000);
    fans.passed(1, 4_000);
    fans.passed(0, 9_000);
    expect(fans.due(9_999)).toEqual([]);
    expect(fans.due(10_000)).toEqual([0]);
    expect(fans.due(10_001)).toEqual([]);
    fans.written(0, 10_000);
    expect(fans.due(13_000)).toEqual([1]);
    expect(fans.due(60_000)).toEqual([]);
  });

  it('tells of a forecast that was due and not built', () => {
    const fans = new FanSchedule(10_000);
    fans.passed(3, 5);
    expect(fans.due(6)).toEqual([3]);
    expect(fans.due(7)).toEqual([]);
  });

  it('is never due when switched off', () => {
    const fans = new FanSchedule(0);
    fans.passed(0, 0);
    expect(fans.isDue(0, 1e12)).toBe(false);
    expect(fans.due(1e12)).toEqual([]);
  });

  it('begins anew for another stream in the row', () => {
    const fans = new FanSchedule(10_000);
    fans.written(0, 0);
    fans.passed(0, 1);
    fans.reset(0);
    expect(fans.isDue(0, 2)).toBe(true);
    expect(fans.due(10_000)).toEqual([]);
  });

  it('does not wait for a clock that was put back', () => {
    const fans = new FanSchedule(10_000);
    fans.written(0, 3_600_000);
    fans.passed(0, 0);
    expect(fans.isDue(0, 0)).toBe(true);
    expect(fans.due(0)).toEqual([0]);
  });

  it('writes no row too often, and the newest forecast within its time', () => {
    const everyMs = 1_000;
    const event = fc.record({ row: fc.integer({ min: 0, max: 90 }), gap: fc.nat({ max: 400 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const fans = new FanSchedule(everyMs);
        const lastWritten = new Map<number, number>();
        const waitingSince = new Map<number, number>();
        let now = 0;
        const write = (row: number): void => {
          expect(now - (lastWritten.get(row) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
            everyMs,
          );
          fans.written(row, now);
          lastWritten.set(row, now);
          waitingSince.delete(row);
        };
        for (const { row, gap } of events) {
          now += gap;
          for (const due of fans.due(now)) write(due);
          for (const since of waitingSince.values()) expect(now - since).toBeLessThan(everyMs);
          if (fans.isDue(row, now)) {
            write(row);
          } else {
            fans.passed(row, now);
            if (!waitingSince.has(row)) waitingSince.set(row, now);
          }
        }
      }),
    );
  });
});
