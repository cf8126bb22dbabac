import { describe, expect, it } from 'vitest';
import type { Outcomes, StepOutcome } from '../../src/engine/outcome.ts';
import { InfluxPoints, type InfluxPointsOptions } from '../../src/pipeline/influx-points.ts';
import type {
  AlertItem,
  AnomalyItem,
  ForecastItem,
  ReadingFlag,
  ReadingItem,
} from '../../src/protocol/items.ts';

const minute = 60_000;

function reading(t: number, v: number | null, flags: ReadingFlag[] = []): ReadingItem {
  return { kind: 'reading', stream: 's', t, v, flags, expected: null, score: null };
}

function forecast(issued: number): ForecastItem {
  const median = [20, 21];
  const level = (share: number, width: number) => ({
    level: share,
    lower: median.map((value) => value - width),
    upper: median.map((value) => value + width),
    coverage: 0.7,
  });
  return {
    kind: 'forecast',
    stream: 's',
    issued,
    step: minute,
    targets: [issued + minute, issued + 2 * minute],
    median,
    levels: [level(0.5, 1), level(0.8, 2), level(0.95, 3)],
    model: 'shared@1',
    state: 'ok',
    skill: 0.5,
  };
}

type SomeOfStep = Pick<StepOutcome, 'row' | 'reading' | 'forecast'> & Partial<StepOutcome>;

function outcomes(steps: SomeOfStep[], more: Partial<Outcomes> = {}): Outcomes {
  const whole = steps.map((step) => ({ interval: null, labels: null, ...step }));
  return { steps: whole, notices: [], created: [], removed: [], ...more };
}

function pointsOf(options: Partial<InfluxPointsOptions> = {}): InfluxPoints {
  return new InfluxPoints({
    fanSeconds: 0,
    leads: [],
    forecast: () => null,
    quality: () => null,
    ...options,
  });
}

const quality = {
  coverage: [
    { level: 0.5, coverage: 0.51 },
    { level: 0.8, coverage: null },
  ],
  mae: 0.1,
  mase: 0.9,
  skill: 0.2,
  late: 3,
  rejected: 0,
};

describe('InfluxPoints', () => {
  it('writes a reading with what was expected of it', () => {
    const item = { ...reading(1_000, 21.5), expected: 20, score: 1.5 };
    const interval = [
      { level: 0.5, lower: 19, upper: 21 },
      { level: 0.8, lower: 18, upper: 22 },
      { level: 0.95, lower: 17, upper: 23 },
    ];
    const step = { row: 0, reading: item, forecast: null, interval, labels: { site: 'north' } };
    expect(pointsOf().take(outcomes([step]), 5)).toEqual([
      {
        measurement: 'inkling_reading',
        tags: { site: 'north', stream: 's' },
        fields: {
          value: 21.5,
          expected: 20,
          lower80: 18,
          upper80: 22,
          lower95: 17,
          upper95: 23,
          score: 1.5,
        },
        timeMs: 1_000,
      },
    ]);
  });

  it('derives the bounds of levels that are not configured', () => {
    const interval = [{ level: 0.9, lower: 18, upper: 22 }];
    const item = { ...reading(1_000, 21.5), expected: 20 };
    const [point] = pointsOf().take(
      outcomes([{ row: 0, reading: item, forecast: null, interval }]),
      5,
    );
    const { lower80, upper80, lower95, upper95 } = point!.fields as Record<string, number>;
    expect([lower95!, 18, lower80!, 20, upper80!, 22, upper95!]).toEqual(
      [lower95!, 18, lower80!, 20, upper80!, 22, upper95!].toSorted((a, b) => a - b),
    );
    expect(upper80! - 20).toBeCloseTo(20 - lower80!, 9);
  });

  it('writes late and missing readings, but no steps that were filled in', () => {
    const steps = [
      { row: 0, reading: reading(1, null, ['imputed']), forecast: null },
      { row: 0, reading: { ...reading(2, null), expected: 4 }, forecast: null },
      { row: 0, reading: reading(0, 7, ['late']), forecast: null },
    ];
    const written = pointsOf().take(outcomes(steps), 5);
    expect(
      written.map(({ timeMs, fields }) => [timeMs, fields['value'], fields['expected']]),
    ).toEqual([
      [2, null, 4],
      [0, 7, null],
    ]);
  });

  it('writes the first fan at once, then the newest each so often, with all its fields', () => {
    let newest = forecast(0);
    const points = pointsOf({ fanSeconds: 10, forecast: () => newest });
    const take = (now: number) => {
      newest = forecast(now);
      const built = points.demand(0, now) ? newest : null;
      return points
        .take(outcomes([{ row: 0, reading: reading(now, 1), forecast: built }]), now)
        .filter(({ measurement }) => measurement === 'inkling_forecast');
    };
    expect(take(100)).toEqual([
      {
        measurement: 'inkling_forecast',
        tags: { stream: 's' },
        fields: {
          median: 20,
          lower50: 19,
          upper50: 21,
          lower80: 18,
          upper80: 22,
          lower95: 17,
          upper95: 23,
          lead: 60,
          issued: 100,
        },
        timeMs: 100 + minute,
        digits: 7,
      },
      expect.objectContaining({ timeMs: 100 + 2 * minute }),
    ]);
    expect(take(5_000)).toEqual([]);
    expect(take(6_000)).toEqual([]);
    expect(points.tick(10_099)).toEqual([]);
    expect(points.tick(10_100).map(({ fields }) => fields['issued'])).toEqual([6_000, 6_000]);
    expect(points.tick(60_000)).toEqual([]);
    expect(take(60_001).length).toBe(2);
  });

  it('writes no fan of a stream that is gone, and at once that of another in its row', () => {
    let newest: ForecastItem | null = forecast(0);
    const points = pointsOf({ fanSeconds: 10, forecast: () => newest });
    points.take(outcomes([{ row: 0, reading: reading(0, 1), forecast: newest }]), 0);
    points.take(outcomes([{ row: 0, reading: reading(1, 1), forecast: null }]), 1);
    newest = null;
    points.take(outcomes([], { removed: ['s'] }), 2);
    expect(points.tick(20_000)).toEqual([]);
    const other = { ...forecast(3), stream: 'other' };
    const step = { row: 0, reading: { ...reading(3, 1), stream: 'other' }, forecast: other };
    const measurements = points
      .take(outcomes([step]), 20_001)
      .map(({ measurement }) => measurement);
    expect(measurements).toEqual(['inkling_reading', 'inkling_forecast', 'inkling_forecast']);
  });

  it('asks for every forecast when leads are kept, and writes them beside what came true', () => {
    const points = pointsOf({ leads: [2] });
    expect(points.demand(0, 0)).toBe(true);
    const written = [0, 1, 2].flatMap((index) => {
      const t = index * minute;
      const step = { row: 0, reading: reading(t, 20 + index), forecast: forecast(t) };
      return points.take(outcomes([step]), t);
    });
    expect(written.filter(({ measurement }) => measurement === 'inkling_lead')).toEqual([
      {
        measurement: 'inkling_lead',
        tags: { stream: 's', lead: '2' },
        fields: { median: 21, lower80: 19, upper80: 23, actual: 22, error: 1 },
        timeMs: 2 * minute,
      },
    ]);
    expect(points.droppedLeads).toBe(0);
  });

  it('settles no lead with a late or retained reading', () => {
    const points = pointsOf({ leads: [1] });
    points.take(outcomes([{ row: 0, reading: reading(0, 1), forecast: forecast(0) }]), 0);
    const flags: ReadingFlag[] = ['late', 'retained'];
    const steps = flags.map((flag) => ({
      row: 0,
      reading: reading(minute, 1, [flag]),
      forecast: null,
    }));
    const written = points.take(outcomes(steps), 1).map(({ measurement }) => measurement);
    expect(written).toEqual(['inkling_reading', 'inkling_reading']);
  });

  it('writes anomalies, models and alerts with the tags of their stream', () => {
    const points = pointsOf();
    const anomaly: AnomalyItem = {
      kind: 'anomaly',
      stream: 's',
      t: 9,
      value: 5,
      expected: 1,
      lower: 0,
      upper: 2,
      score: 6.5,
      direction: 'up',
      reasons: ['above the 95 % interval', 'far from its season'],
    };
    const model = {
      kind: 'model',
      model: 'shared',
      version: 3,
      event: 'published',
      loss: 0.5,
      seconds: 2,
    } as const;
    const step = { row: 4, reading: reading(9, 5), forecast: null, labels: { site: 'north' } };
    const [, ...written] = points.take(outcomes([step], { notices: [anomaly, model] }), 10);
    const tags = { site: 'north', stream: 's' };
    const reason = 'above the 95 % interval; far from its season';
    expect(written).toEqual([
      {
        measurement: 'inkling_anomaly',
        tags,
        fields: { score: 6.5, value: 5, expected: 1, lower: 0, upper: 2, reason },
        timeMs: 9,
      },
      {
        measurement: 'inkling_model',
        tags: { model: 'shared' },
        fields: { version: 3, loss: 0.5, seconds: 2, event: 'published' },
        timeMs: 10,
      },
    ]);
    const alert = {
      ...anomaly,
      kind: 'alert',
      id: 'a',
      rule: 'r',
      state: 'firing',
      severity: 'critical',
      since: 1,
    } as unknown as AlertItem;
    expect(points.notice(alert, 11)).toEqual({
      measurement: 'inkling_alert',
      tags: { ...tags, rule: 'r' },
      fields: { state: 'firing', severity: 'critical', value: 5 },
      timeMs: 11,
    });
  });

  it('writes each minute how good the forecasts of streams with readings were', () => {
    const points = pointsOf({ quality: (row) => (row === 1 ? null : quality) });
    const rows = [0, 1, 2];
    const read = () =>
      points.take(
        outcomes(
          rows.map((row) => ({
            row,
            reading: { ...reading(0, 1), stream: `s${row}` },
            forecast: null,
          })),
        ),
        0,
      );
    read();
    const written = [];
    for (let now = 0; now <= 2 * minute; now += 1_000) written.push(...points.tick(now));
    expect(written.map(({ tags }) => tags['stream'])).toEqual(['s0', 's2']);
    expect(written[0]).toMatchObject({
      measurement: 'inkling_quality',
      fields: { coverage50: 0.51, coverage80: null, coverage95: undefined, mae: 0.1, late: 3 },
    });
    expect(written[0]!.timeMs).toBeLessThanOrEqual(minute);
    read();
    for (let now = 2 * minute; now <= 3 * minute; now += 1_000) written.push(...points.tick(now));
    expect(written.length).toBe(4);
  });

  it('keeps tags as one object while labels stay, and renames the one that InfluxDB refuses', () => {
    const points = pointsOf();
    const read = (labels: Record<string, string> | null) =>
      points.take(outcomes([{ row: 0, reading: reading(0, 1), forecast: null, labels }]), 0)[0]!
        .tags;
    const first = read({ time: 'a', stream: 'b' });
    expect(first).toEqual({ time_: 'a', stream: 's' });
    expect(read({ time: 'a', stream: 'b' })).toBe(first);
    expect(read(null)).toBe(first);
    expect(read({ time: 'c' })).toEqual({ time_: 'c', stream: 's' });
  });
});
