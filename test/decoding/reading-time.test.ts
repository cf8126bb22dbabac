import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTimeReader, isTimeKey, timeFromNumber } from '../../src/decoding/reading-time.ts';

const readUtc = compileTimeReader('UTC');
const readBerlin = compileTimeReader('Europe/Berlin');
const iso = (time: number | null) => new Date(time!).toISOString();

describe('isTimeKey', () => {
  it('knows the time keys in any case, and nothing else', () => {
    for (const key of ['t', 'ts', 'time', 'timestamp', 'epoch', 'unixtime', 'last_seen']) {
      expect(isTimeKey(key)).toBe(true);
      expect(isTimeKey(key.toUpperCase())).toBe(true);
    }
    expect(isTimeKey('DateTime')).toBe(true);
    for (const key of ['temp', 'v', 'uptime', 'times', '', 'date', 'lastseen']) {
      expect(isTimeKey(key)).toBe(false);
    }
  });
});

describe('times as numbers', () => {
  it.each([
    [1_795_385_096, 1_795_385_096_000],
    [1_795_385_096.123, 1_795_385_096_123],
    [1_795_385_096_123, 1_795_385_096_123],
    [1_795_385_096_123.4, 1_795_385_096_123],
    [1_795_385_096_123_456, 1_795_385_096_123],
    [1_795_385_096_123_456_800, 1_795_385_096_123],
    [0, 0],
    [5_000_000_000.0009, 5_000_000_000_001],
  ])('reads %d by its magnitude as %d ms', (number, time) => {
    expect(timeFromNumber(number)).toBe(time);
    expect(readUtc(number)).toBe(time);
    expect(readUtc(String(number))).toBe(time);
  });

  it('refuses what lies before 1970 or after 2199', () => {
    expect(timeFromNumber(7_258_118_399_999)).toBe(7_258_118_399_999);
    for (const number of [-1, 7_258_118_400, 7_258_118_400_000, 99_999_999_999, Number.NaN]) {
      expect(timeFromNumber(number)).toBeNaN();
    }
    expect(timeFromNumber(Number.POSITIVE_INFINITY)).toBeNaN();
  });

  it('always answers whole milliseconds in range or NaN', () => {
    fc.assert(
      fc.property(fc.double(), (number) => {
        const time = timeFromNumber(number);
        if (Number.isNaN(time)) return;
        expect(Number.isInteger(time)).toBe(true);
        expect(time).toBeGreaterThanOrEqual(0);
        expect(time).toBeLessThan(7_258_118_400_000);
      }),
    );
  });
});

describe('times as texts', () => {
  it.each([
    ['2026-11-22T17:18:16.123Z', '2026-11-22T17:18:16.123Z'],
    ['2026-11-22t17:18:16z', '2026-11-22T17:18:16.000Z'],
    ['2026-11-22T17:18:16.123456789+02:00', '2026-11-22T15:18:16.123Z'],
    ['2026-11-22T17:18:16,5-0330', '2026-11-22T20:48:16.500Z'],
    ['2026-11-22T17:18+01', '2026-11-22T16:18:00.000Z'],
    ['20261122T171816Z', '2026-11-22T17:18:16.000Z'],
    ['2026-11-22 17:18:16', '2026-11-22T17:18:16.000Z'],
    [' 2026-11-22 ', '2026-11-22T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-12-31T24:00:00', '2027-01-01T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ])('reads %j', (text, expected) => {
    expect(iso(readUtc(text))).toBe(expected);
  });

  it.each([
    'yesterday',
    '',
    '2026-13-01',
    '2026-02-29',
    '2026-00-10',
    '2026-11-22T25:00',
    '2026-11-22T24:00:01',
    '2026-11-22T10:60',
    '2026-11-22T10:00:00+19:00',
    '2026-11-22T10:00:00+01:75',
    '1969-12-31T23:59:59Z',
    '2200-01-01T00:00:00Z',
    '0050-01-01',
    'nan',
    '1e999',
    '2026-11-22T17:18:16 Europe/Berlin',
    `2026-11-22${' '.repeat(100)}`,
  ])('refuses %j', (text) => {
    expect(readUtc(text)).toBeNaN();
  });

  it.each([true, {}, [1_795_385_096]])('refuses %j, which is neither number nor text', (raw) => {
    expect(readUtc(raw)).toBeNaN();
  });

  it('takes null as no time', () => {
    expect(readUtc(null)).toBeNull();
    expect(readUtc(undefined)).toBeNull();
  });

  it('comes back for every time that Date writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7_258_118_399_999 }), (time) => {
        expect(readUtc(new Date(time).toISOString())).toBe(time);
      }),
    );
  });
});

describe("times without an offset, in the source's zone", () => {
  it.each([
    ['2026-01-15 12:00:00', '2026-01-15T11:00:00.000Z'],
    ['2026-07-15T12:00:00', '2026-07-15T10:00:00.000Z'],
    ['2026-07-15T12:00:00Z', '2026-07-15T12:00:00.000Z'],
    // Clocks go forward from 02:00 to 03:00 on 29 March.
    ['2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'],
    ['2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    // Clocks go back from 03:00 to 02:00 on 25 October: the first of the two.
    ['2026-10-25 01:59:59', '2026-10-24T23:59:59.000Z'],
    ['2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
  ])('reads %s in Berlin', (text, expected) => {
    expect(iso(readBerlin(text))).toBe(expected);
  });

  it('knows zones of half and quarter hours, south of the equator too', () => {
    expect(iso(compileTimeReader('Asia/Kathmandu')('2026-07-15 12:00'))).toBe(
      '2026-07-15T06:15:00.000Z',
    );
    expect(iso(compileTimeReader('Australia/Lord_Howe')('2026-01-15 12:00'))).toBe(
      '2026-01-15T01:00:00.000Z',
    );
    expect(iso(compileTimeReader('America/New_York')('2026-11-01 01:30'))).toBe(
      '2026-11-01T05:30:00.000Z',
    );
  });

  it('answers the same with offsets remembered or not, over thousands of days', () => {
    const fresh = (text: string) => compileTimeReader('Europe/Berlin')(text);
    for (let day = 0; day < 6_000; day++) {
      readBerlin(new Date(day * 86_400_000).toISOString().slice(0, 19));
    }
    for (const text of ['2001-03-25 12:00', '2001-01-01 00:00', '1971-06-01 10:00']) {
      expect(readBerlin(text)).toBe(fresh(text));
    }
  });

  it('refuses a zone that does not exist', () => {
    expect(() => compileTimeReader('Europe/Atlantis')).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
