import { describe, expect, it } from 'vitest';
import { HoltWinters } from '../../src/numerics/holt-winters.ts';
import { Random } from '../../src/numerics/random.ts';

const LEADS = 48;

/** The forecasts after each of these values. */
function forecastsOf(values: readonly number[], period = 0): Float64Array[] {
  const model = new HoltWinters({ period, leads: LEADS });
  return values.map((value) => {
    model.learn(value);
    const forecast = new Float64Array(LEADS);
    model.forecast(forecast, 0, LEADS);
    return forecast;
  });
}

const series = (count: number, at: (t: number) => number) =>
  Array.from({ length: count }, (_, t) => at(t));

describe('HoltWinters', () => {
  it('says nothing before the first value and the first value after it', () => {
    const [before, after] = forecastsOf([Number.NaN, 7]);
    expect(before!.every(Number.isNaN)).toBe(true);
    expect(after!.every((value) => value === 7)).toBe(true);
  });

  it('continues a ramp without an error', () => {
    const last = forecastsOf(series(2_000, (t) => 3 + 0.5 * t)).at(-1)!;
    expect(last[0]).toBeCloseTo(3 + 0.5 * 2_000, 6);
    expect(last[47]).toBeCloseTo(3 + 0.5 * 2_047, 4);
  });

  it('repeats a season without an error', () => {
    const wave = (t: number) => 10 + (t % 24) ** 1.5;
    const last = forecastsOf(series(24 * 200, wave), 24).at(-1)!;
    last.forEach((value, lead) => {
      expect(value).toBeCloseTo(wave(24 * 200 + lead), 2);
    });
  });

  it('chooses a slow level for noise and a fast one for a random walk', () => {
    const random = new Random(1);
    const noise = series(2_000, () => random.gaussian());
    expect(Math.abs(forecastsOf(noise).at(-1)![0]!)).toBeLessThan(0.5);
    let position = 0;
    const walk = series(2_000, () => (position += random.gaussian()));
    expect(Math.abs(forecastsOf(walk).at(-1)![0]! - position)).toBeLessThan(1);
  });

  it('goes on as it expects through missing values', () => {
    const values = series(2_000, (t) => (t > 1_900 ? Number.NaN : 0.5 * t));
    expect(forecastsOf(values).at(-1)![0]).toBeCloseTo(1_000, 4);
  });

  it('keeps its earlier forecasts whatever comes later', () => {
    const random = new Random(2);
    const values = series(400, () => random.gaussian());
    const changed = values.map((value, t) => (t >= 300 ? value + 100 : value));
    const [one, other] = [forecastsOf(values, 12), forecastsOf(changed, 12)];
    expect(one.slice(0, 300)).toEqual(other.slice(0, 300));
    expect(one[300]).not.toEqual(other[300]);
  });
});
