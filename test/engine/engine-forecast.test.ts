import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { Random } from '../../src/numerics/random.ts';
import type { ForecastItem } from '../../src/protocol/items.ts';
import {
  all,
  MINUTE,
  reading,
  readings,
  START,
  smallEngine,
  someWeights,
} from './engine-under-test.ts';

function feed(engine: Engine, values: readonly (number | null)[], from = 0): ForecastItem[] {
  return values.flatMap((v, i) =>
    engine
      .apply(readings(reading('a', START + (from + i) * MINUTE, v)), all)
      .steps.flatMap(({ forecast }) => (forecast === null ? [] : [forecast])),
  );
}

function expectSound(item: ForecastItem): void {
  const lengths = [item.targets, item.median, ...item.levels.flatMap((l) => [l.lower, l.upper])];
  expect(new Set(lengths.map(({ length }) => length)).size).toBe(1);
  item.median.forEach((median, i) => {
    expect(Number.isFinite(median)).toBe(true);
    let [low, high] = [median, median];
    for (const { lower, upper } of item.levels) {
      expect(lower[i]).toBeLessThanOrEqual(low);
      expect(upper[i]).toBeGreaterThanOrEqual(high);
      [low, high] = [lower[i]!, upper[i]!];
      expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
    }
  });
}

function learnSomething(engine: Engine): void {
  const group = engine.membership.groups[0];
  if (group === undefined) return;
  engine.apply({
    kind: 'weights',
    group: group.name,
    version: 1,
    digest: '',
    weights: someWeights(engine),
    reason: 'published',
    loss: null,
    seconds: null,
  });
}

describe('forecasts', () => {
  it('start with the second reading, warming, every number finite', () => {
    const items = feed(smallEngine(), [5, 7]);
    expect(items).toHaveLength(1);
    const [item] = items as [ForecastItem];
    expectSound(item);
    expect(item).toMatchObject({
      issued: START + MINUTE,
      step: MINUTE,
      state: 'warming',
      skill: null,
    });
    expect(item.targets).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((h) => START + (h + 1) * MINUTE));
    expect(item.median[0]).toBe(7);
  });

  it('are sound for any finite values, missing ones and gaps included', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.constantFrom(0, 1, -1, 1e-30, 1e9, 1e300, -1e37, 1e15, -1e15),
      fc.constant(null),
    );
    const steps = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 40 })), {
      minLength: 2,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const engine = smallEngine();
        let t = START;
        for (const [v, gap] of list) {
          t += (gap > 35 ? gap : 1) * MINUTE;
          for (const { forecast } of engine.apply(readings(reading('a', t, v)), all).steps) {
            if (forecast !== null) expectSound(forecast);
          }
          if (t === START + 10 * MINUTE) learnSomething(engine);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keep to the plausible range', () => {
    const engine = smallEngine({ limits: { range: [0, 10], maxRate: null } });
    const items = feed(
      engine,
      Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0.5 : 9.5)),
    );
    for (const { levels } of items) {
      for (const { lower, upper } of levels) {
        expect(Math.min(...lower)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...upper)).toBeLessThanOrEqual(10);
      }
    }
  });

  it('cover what they claim on a random walk', () => {
    const engine = smallEngine();
    let x = 0;
    let seed = 1;
    const noise = (): number => {
      let sum = 0;
      for (let i = 0; i < 12; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        sum += seed / 2 ** 32;
      }
      return sum - 6;
    };
    const items = feed(
      engine,
      Array.from({ length: 3_000 }, () => {
        x += noise();
        return x;
      }),
    );
    for (const { level, coverage } of items.at(-1)!.levels) {
      expect(Math.abs(coverage! - level)).toBeLessThan(0.03);
    }
  });

  it('cover a value that repeats exactly, whatever its digits', () => {
    const engine = smallEngine();
    const items = feed(engine, [0.1, ...Array<number>(100).fill(7.3)]);
    for (const { coverage } of items.at(-1)!.levels) expect(coverage).toBeGreaterThan(0.9);
  });

  it('repeat yesterday where that has proved better than the last value', () => {
    const engine = smallEngine();
    const shape = [0, 5, 1, 9, 2, 7, 3, 8, 4, 6, 0, 9, 1, 8, 2, 6, 3, 7, 5, 4, 9, 0, 8, 1];
    const hour = 60 * MINUTE;
    let last: ForecastItem | null = null;
    for (let i = 0; i < 24 * 5; i++) {
      const event = readings(reading('a', START + i * hour, shape[i % 24]!));
      last = engine.apply(event, all).steps.at(-1)!.forecast;
    }
    expect(last!.median).toEqual(shape.slice(0, 8));
  });

  it('widen again after a time in which the stream all but stood still', () => {
    const engine = smallEngine();
    const random = new Random(1);
    let level = 400;
    const course = Array.from({ length: 6_000 }, (_, i) => {
      const moves = random.uniform() < (i < 3_000 ? 0.02 : 0.9);
      if (moves) level += random.uniform() < 0.5 ? -1 : 1;
      return level;
    });
    const { levels } = feed(engine, course).at(-1)!;
    for (const { level, coverage } of levels) expect(coverage).toBeGreaterThan(level - 0.1);
  });

  it('follow durations when the rule names them', () => {
    const engine = smallEngine({ horizon: { durationsMs: [MINUTE, 15 * MINUTE, 60 * MINUTE] } });
    const items = feed(engine, [1, 2, 3, 4, 5]);
    const last = items.at(-1)!;
    expect(last.targets.map((t) => (t - last.issued) / MINUTE)).toEqual([1, 15, 60]);
    expectSound(last);
  });

  it('go light where full state would not fit the memory given to models', () => {
    const engine = smallEngine(
      {},
      {
        models: { shared: { cell: 'lstm', hidden: 64, layers: 1, size: 'auto' } },
        limits: { streams: 100, modelBytes: 6_000 },
      },
    );
    for (let i = 0; i < 3; i++) {
      engine.apply(
        readings(...[0, 1, 2, 3, 4, 5].map((s) => reading(`s/${s}`, START + i * MINUTE, s + i))),
      );
    }
    const groups = engine.membership.groups.map(({ key, count }) => [key.size, key.hidden, count]);
    expect(groups.map(([size, hidden]) => [size, hidden])).toEqual([
      ['full', 64],
      ['light', 32],
    ]);
    expect(groups.every(([, , count]) => (count as number) > 0)).toBe(true);
  });

  it('take no more than 2.5 KiB of forecasting state for a light stream with three levels', () => {
    const engine = smallEngine(
      { horizon: { steps: 24 } },
      { models: { shared: { cell: 'lstm', hidden: 64, layers: 1, size: 'light' } } },
    );
    feed(engine, [1, 2, 3]);
    expect(engine.membership.groups[0]!.memberBytes).toBeLessThanOrEqual(2_560);
  });
});
