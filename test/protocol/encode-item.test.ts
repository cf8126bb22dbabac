import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecimalWriter } from '../../src/protocol/decimal-writer.ts';
import { encodeItem, forecastDigits } from '../../src/protocol/encode-item.ts';
import type { ForecastItem, Item } from '../../src/protocol/items.ts';

const forecast = (median: number[], halfWidth: (step: number) => number): ForecastItem => ({
  kind: 'forecast',
  stream: 'plant/7/"temp"',
  issued: 1795385096123,
  step: 60000,
  targets: median.map((_, step) => 1795385096123 + 60000 * (step + 1)),
  median,
  levels: [0.5, 0.95].map((level) => ({
    level,
    lower: median.map((value, step) => value - level * halfWidth(step)),
    upper: median.map((value, step) => value + level * halfWidth(step)),
    coverage: level === 0.5 ? null : 0.9512,
  })),
  model: 'shared@17',
  state: 'ok',
  skill: 0.31,
});

function rounded(item: ForecastItem): ForecastItem {
  const digits = forecastDigits(item);
  const round = (values: number[]) => values.map((value) => Number(value.toPrecision(digits)));
  return {
    ...item,
    median: round(item.median),
    levels: item.levels.map((level) => ({
      ...level,
      lower: round(level.lower),
      upper: round(level.upper),
    })),
  };
}

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constant(null));
const anyItem: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    kind: fc.constant('reading' as const),
    stream: fc.string({ unit: 'binary' }),
    t: fc.maxSafeInteger(),
    v: anyNumber,
    flags: fc
      .subarray(['late', 'imputed', 'retained', 'limit'] as const)
      .map((flags) => [...flags]),
    expected: anyNumber,
    score: anyNumber,
  }),
  fc.record({
    kind: fc.constant('anomaly' as const),
    stream: fc.string({ unit: 'binary' }),
    t: fc.maxSafeInteger(),
    value: anyNumber,
    expected: anyNumber,
    lower: anyNumber,
    upper: anyNumber,
    score: anyNumber,
    direction: fc.constantFrom('up' as const, 'down' as const),
    reasons: fc.array(fc.string()),
  }),
  fc.record({
    kind: fc.constant('alert' as const),
    id: fc.string(),
    rule: fc.string(),
    stream: fc.string(),
    state: fc.constantFrom('pending' as const, 'firing' as const, 'resolved' as const),
    severity: fc.string(),
    since: fc.maxSafeInteger(),
    value: anyNumber,
    expected: anyNumber,
    lower: anyNumber,
    upper: anyNumber,
    reasons: fc.array(fc.string()),
  }),
  fc.record({
    kind: fc.constant('model' as const),
    model: fc.string(),
    version: fc.nat(),
    event: fc.constantFrom('published' as const, 'rollback' as const),
    loss: anyNumber,
    seconds: anyNumber,
  }),
);

describe('encodeItem', () => {
  it('writes readings, anomalies, alerts and models exactly as JSON.stringify does', () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        expect(encodeItem(item)).toBe(JSON.stringify(item));
      }),
    );
  });

  it('writes a forecast that reads back as the forecast rounded to its digits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        (median, width) => {
          const item = forecast(median, (step) => width * (step + 1));
          const written = JSON.parse(encodeItem(item)) as ForecastItem;
          const wanted = rounded(item);
          expect({ ...written, median: [], levels: [] }).toEqual({
            ...wanted,
            median: [],
            levels: [],
          });
          // A tie in the last digit may go either way, so each number may differ by one unit there.
          const near = (a: number[], b: number[]) =>
            a.every((value, at) => Math.abs(value - b[at]!) <= 1.001e-6 * Math.abs(b[at]!));
          expect(near(written.median, wanted.median)).toBe(true);
          written.levels.forEach((level, at) => {
            expect(near(level.lower, wanted.levels[at]!.lower)).toBe(true);
            expect(near(level.upper, wanted.levels[at]!.upper)).toBe(true);
          });
        },
      ),
    );
  });

  it('keeps lower ≤ median ≤ upper whatever the magnitudes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (median, share) => {
          const item = forecast(median, (step) => share * Math.abs(median[step]!));
          const written = JSON.parse(encodeItem(item)) as ForecastItem;
          for (const { lower, upper } of written.levels) {
            written.median.forEach((value, step) => {
              expect(lower[step]!).toBeLessThanOrEqual(value);
              expect(upper[step]!).toBeGreaterThanOrEqual(value);
            });
          }
        },
      ),
    );
  });

  it('carries seven digits, and more where a narrow interval sits on a high level', () => {
    expect(forecastDigits(forecast([21.5], () => 1.3))).toBe(7);
    const high = forecast([1234567.890625], () => 0.01);
    expect(forecastDigits(high)).toBe(12);
    const written = JSON.parse(encodeItem(high)) as ForecastItem;
    expect(written.median[0]).toBeCloseTo(1234567.890625, 4);
    expect(written.levels[0]!.upper[0]! - written.levels[0]!.lower[0]!).toBeCloseTo(0.01, 4);
  });

  it('shows a constant level in full when its intervals have no width', () => {
    const item = forecast([1234567890.25], () => 0);
    expect((JSON.parse(encodeItem(item)) as ForecastItem).median).toEqual([1234567890.25]);
  });
});

describe('DecimalWriter', () => {
  it('writes numbers at the borders of its fast way', () => {
    const writer = new DecimalWriter();
    const values = [
      0, -0, 9.99999999, 0.001, 1e9, 1e-12, 9.9e-13, 1e21, -1.5, 2147483648, 123456789,
    ];
    expect(JSON.parse(writer.list(values, 7))).toEqual([
      0, 0, 10, 0.001, 1e9, 1e-12, 9.9e-13, 1e21, -1.5, 2147484000, 123456800,
    ]);
    expect(writer.list([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], 7)).toBe(
      '[null,null,null]',
    );
  });

  it('agrees with toPrecision to half a unit of the last digit, for any number', () => {
    const writer = new DecimalWriter();
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 15 }),
        (value, digits) => {
          const [written] = JSON.parse(writer.list([value], digits)) as [number];
          // Whole numbers below 10^digits are exact; others are off by at most half a unit.
          const unit = 10 ** (1 - digits) * Math.abs(value);
          expect(Math.abs(written - value)).toBeLessThanOrEqual(0.5000001 * unit + 5e-324);
        },
      ),
    );
  });

  it('grows for long lists', () => {
    const values = Array.from({ length: 5000 }, (_, index) => index / 7);
    expect(JSON.parse(new DecimalWriter().list(values, 15))).toHaveLength(5000);
  });
});
