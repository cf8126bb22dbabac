import { describe, expect, it } from 'vitest';
import { prepareChart, visibleSpan } from '../../src/dashboard/chart-data.ts';
import type { ForecastItem } from '../../src/protocol/items.ts';

function forecastAt(issued: number): ForecastItem {
  const bounds = (width: number, level: number) => ({
    level,
    lower: [20 - width, 21 - width],
    upper: [20 + width, 21 + width],
    coverage: null,
  });
  return {
    kind: 'forecast',
    stream: 'a',
    issued,
    step: 10,
    targets: [issued + 10, issued + 20],
    median: [20, 21],
    levels: [bounds(1, 0.5), bounds(3, 0.95), bounds(2, 0.8)],
    model: 'shared@1',
    state: 'ok',
    skill: null,
  };
}

describe('prepareChart', () => {
  it('lets the fan open from the last reading, widest band first', () => {
    const data = prepareChart({ t: [0, 10], v: [18, 19] }, forecastAt(10));
    expect(data.x).toEqual([0, 10, 20, 30]);
    expect(data.reading).toEqual([18, 19, null, null]);
    expect(data.median).toEqual([null, 19, 20, 21]);
    expect(data.bands.map(({ level }) => level)).toEqual([0.95, 0.8, 0.5]);
    expect(data.bands[0]!.lower).toEqual([null, 19, 17, 18]);
    expect(data.bands[0]!.upper).toEqual([null, 19, 23, 24]);
    expect(data.now).toBe(10);
  });

  it('starts the fan at its first target when the last value is missing', () => {
    const data = prepareChart({ t: [0, 10], v: [18, null] }, forecastAt(10));
    expect(data.median).toEqual([null, null, 20, 21]);
  });

  it('keeps the line from bridging a gap of more than one and a half steps', () => {
    const data = prepareChart({ t: [0, 15, 31], v: [1, 2, 3] }, forecastAt(31));
    expect(data.x.slice(0, 4)).toEqual([0, 15, 23, 31]);
    expect(data.reading.slice(0, 4)).toEqual([1, 2, null, 3]);
  });

  it('lays readings that came after the forecast over its targets', () => {
    const data = prepareChart({ t: [0, 10, 20], v: [1, 2, 3] }, forecastAt(10));
    expect(data.x).toEqual([0, 10, 20, 30]);
    expect(data.reading).toEqual([1, 2, 3, null]);
    expect(data.median).toEqual([null, 2, 20, 21]);
    expect(data.now).toBe(10);
  });

  it('draws readings alone before the first forecast, and nothing at all without either', () => {
    const alone = prepareChart({ t: [5], v: [1] }, null);
    expect(alone).toEqual({ x: [5], reading: [1], median: [null], bands: [], now: 5 });
    expect(prepareChart({ t: [], v: [] }, null).now).toBe(null);
  });
});

describe('visibleSpan', () => {
  const data = prepareChart({ t: [0, 10, 20, 30], v: [1, 2, 3, 4] }, forecastAt(30));

  it('shows the asked steps before now and the whole forecast', () => {
    expect(visibleSpan(data, 10, 2)).toEqual({ from: 10, to: 50 });
  });

  it('starts with the first reading when there are fewer, or when all are asked for', () => {
    expect(visibleSpan(data, 10, 100)).toEqual({ from: 0, to: 50 });
    expect(visibleSpan(data, 10, null)).toEqual({ from: 0, to: 50 });
    expect(visibleSpan(data, null, 2)).toEqual({ from: 0, to: 50 });
  });

  it('gives a single reading some room, and nothing to nothing', () => {
    const span = visibleSpan(prepareChart({ t: [100_000], v: [1] }, null), null, 5);
    expect(span).toEqual({ from: 40_000, to: 160_000 });
    expect(visibleSpan(prepareChart({ t: [], v: [] }, null), 10, 5)).toBe(null);
  });
});
