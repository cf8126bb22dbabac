import { describe, expect, it } from 'vitest';
import {
  describeSkill,
  formatDuration,
  formatMoment,
  formatShare,
  formatTicks,
  formatValue,
  formatWithUnit,
} from '../../src/dashboard/format.ts';

/** A moment in the reader's own time zone, so that the tests hold in every one. */
function local(day: number, hour: number, minute = 0, second = 0): number {
  return new Date(2026, 2, day, hour, minute, second).getTime();
}

describe('formatValue', () => {
  it.each([
    [21.5, '21.5'],
    [-18.23456, '−18.235'],
    [0, '0'],
    [1013.25, '1013.3'],
    [123456.7, '123457'],
    [12_345_678, '12345678'],
    [1.5e12, '1.50e+12'],
    [0.000012345, '1.23e−5'],
  ])('writes %d as %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it('writes what is not known as a dash, without a unit', () => {
    expect(formatValue(null)).toBe('–');
    expect(formatValue(Number.NaN)).toBe('–');
    expect(formatWithUnit(null, '°C')).toBe('–');
    expect(formatWithUnit(21.5, '°C')).toBe('21.5\u00a0°C');
    expect(formatWithUnit(21.5, null)).toBe('21.5');
  });
});

describe('formatDuration', () => {
  it.each([
    [250, '250 ms'],
    [1500, '1.5 s'],
    [90_000, '1 min 30 s'],
    [86_400_000, '1 d'],
    [3_599_900, '1 h'],
    [86_399_000, '1 d'],
    [7_199_000, '2 h'],
    [5_400_000, '1 h 30 min'],
  ])('writes %d milliseconds as %s', (ms, text) => {
    expect(formatDuration(ms).replaceAll('\u00a0', ' ')).toBe(text);
  });
});

describe('formatMoment', () => {
  it('leaves the day out only when it is today', () => {
    expect(formatMoment(local(3, 9, 5, 7), local(3, 23))).toBe('09:05:07');
    expect(formatMoment(local(2, 9, 5, 7), local(3, 23))).toBe('2 Mar, 09:05:07');
  });
});

describe('formatTicks', () => {
  it('names the day at the first tick and where another day begins', () => {
    const ticks = [local(2, 23), local(3, 0), local(3, 1)];
    expect(formatTicks(ticks, 3_600_000)).toEqual(['23:00\n2 Mar', '00:00\n3 Mar', '01:00']);
  });

  it('shows seconds where ticks are that close, and days alone where they are days', () => {
    expect(formatTicks([local(2, 1, 2, 30)], 10_000)).toEqual(['01:02:30\n2 Mar']);
    expect(formatTicks([local(2, 0), local(3, 0)], 86_400_000)).toEqual(['2 Mar', '3 Mar']);
  });
});

describe('formatShare and describeSkill', () => {
  it('write shares with one digit and skill as less or more error', () => {
    expect(formatShare(0.9462).replace('\u00a0', ' ')).toBe('94.6 %');
    expect(formatShare(null)).toBe('–');
    expect(describeSkill(0.31)).toBe('31\u00a0% less error than the best naive forecast.');
    expect(describeSkill(-0.05)).toBe('5\u00a0% more error than the best naive forecast.');
    expect(describeSkill(0.001)).toBe('As good as the best naive forecast.');
    expect(describeSkill(null)).toBe('Not measured yet.');
  });
});
