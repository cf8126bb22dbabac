import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import type { Outcomes } from '../../src/engine/outcome.ts';
import { all, MINUTE, reading, readings, START, smallEngine } from './engine-under-test.ts';

function take(engine: Engine, time: number, value: number | null): Outcomes {
  return engine.apply(readings(reading('a', time, value)), all);
}

/** Flags of the reading that an event brought. */
function flags(engine: Engine, time: number, value: number | null): readonly string[] {
  return take(engine, time, value).steps.at(-1)!.reading.flags;
}

const fivePerMinute = { range: null, maxRate: 5 / MINUTE };

describe('a highest rate of change', () => {
  it('is counted from the last reading that kept to it, so that a new level is believed', () => {
    const engine = smallEngine({ limits: fivePerMinute });
    for (let i = 0; i < 5; i++) take(engine, START + i * MINUTE, 20);
    const shifted = Array.from({ length: 5 }, (_, i) =>
      flags(engine, START + (5 + i) * MINUTE, 33),
    );
    expect(shifted).toEqual([['limit'], ['limit'], [], [], []]);
  });

  it('is not broken by a value that comes back after one that broke it', () => {
    const engine = smallEngine({ limits: fivePerMinute });
    for (let i = 0; i < 5; i++) take(engine, START + i * MINUTE, 20);
    expect(flags(engine, START + 5 * MINUTE, 90)).toEqual(['limit']);
    expect(flags(engine, START + 6 * MINUTE, 20)).toEqual([]);
  });

  it('holds between the readings of a bucket, not from the bucket before', () => {
    const engine = smallEngine({ limits: fivePerMinute, cadence: MINUTE });
    const ramp = Array.from({ length: 30 }, (_, i) =>
      flags(engine, START + i * 10_000, (4 * i) / 6),
    );
    expect(ramp.flat()).toEqual([]);
    expect(flags(engine, START + 300_000, 40)).toEqual(['limit']);
  });

  it('goes on from what was kept over a missing reading', () => {
    const engine = smallEngine({ limits: fivePerMinute });
    for (let i = 0; i < 5; i++) take(engine, START + i * MINUTE, 20);
    take(engine, START + 5 * MINUTE, null);
    expect(flags(engine, START + 6 * MINUTE, 29)).toEqual([]);
  });
});

describe('a plausible range', () => {
  const limits = { range: [0, 10] as const, maxRate: null };

  it('clamps what was expected of a reading as it clamps the forecast before it', () => {
    const engine = smallEngine({ limits });
    let forecast = null;
    for (let i = 0; i < 12; i++) {
      const step = take(engine, START + i * MINUTE, i % 2 === 0 ? 0.1 : 9.9).steps[0]!;
      if (forecast !== null) {
        expect(step.reading.expected).toBe(forecast.median[0]);
        expect(step.interval).toEqual(
          forecast.levels.map(({ level, lower, upper }) => ({
            level,
            lower: lower[0],
            upper: upper[0],
          })),
        );
      }
      forecast = step.forecast;
    }
    expect(forecast!.levels.at(-1)).toMatchObject({ lower: expect.arrayContaining([0]) });
  });

  it('names the widest interval in the anomaly of a reading outside', () => {
    const engine = smallEngine({ limits });
    for (let i = 0; i < 8; i++) take(engine, START + i * MINUTE, 5 + (i % 3));
    const before = take(engine, START + 8 * MINUTE, 5).steps[0]!.forecast!.levels.at(-1)!;
    const [anomaly] = take(engine, START + 9 * MINUTE, 90).notices;
    expect(anomaly).toMatchObject({
      kind: 'anomaly',
      value: 90,
      lower: before.lower[0],
      upper: before.upper[0],
      direction: 'up',
    });
  });

  it('knows no interval for the first reading of a stream', () => {
    const [anomaly] = take(smallEngine({ limits }), START, -1).notices;
    expect(anomaly).toMatchObject({ expected: null, lower: null, upper: null, direction: 'down' });
  });
});
