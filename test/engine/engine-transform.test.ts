import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { EngineDirectory } from '../../src/engine/engine-directory.ts';
import type { StepOutcome } from '../../src/engine/outcome.ts';
import { all, MINUTE, reading, readings, START, smallEngine } from './engine-under-test.ts';

function take(engine: Engine, time: number, value: number | null): readonly StepOutcome[] {
  return engine.apply(readings(reading('a', time, value)), all).steps;
}

describe('a stream with a configured cadence', () => {
  it('makes one step of the readings of a bucket, when the next bucket begins', () => {
    const engine = smallEngine({ cadence: MINUTE });
    for (let i = 0; i < 6 * 4; i++)
      take(engine, START + i * 10_000, Math.floor(i / 6) * 10 + (i % 6));
    // Buckets 0, 1 and 2 are closed: the first began the stream, the others were steps.
    const directory = new EngineDirectory(engine);
    expect(directory.state('a')?.steps).toBe(2);
    const forecast = directory.forecast('a');
    expect(forecast).toMatchObject({ issued: START + 2 * MINUTE, step: MINUTE });
    expect(forecast?.median[0]).toBe(22.5);
  });

  it.each([
    ['mean', 2],
    ['sum', 6],
    ['min', 1],
    ['max', 3],
    ['last', 2],
  ] as const)('takes the %s of a bucket', (aggregate, expected) => {
    const engine = smallEngine({ cadence: MINUTE, aggregate });
    take(engine, START, 5);
    for (const [i, v] of [1, 3, 2].entries()) take(engine, START + MINUTE + i * 1_000, v);
    take(engine, START + 2 * MINUTE, 9);
    expect(new EngineDirectory(engine).forecast('a')?.median[0]).toBe(expected);
  });

  it('shows every reading as received, with what was expected of its bucket', () => {
    const engine = smallEngine({ cadence: MINUTE });
    for (let i = 0; i < 12; i++) take(engine, START + i * 10_000, 5);
    const [shown] = take(engine, START + 2 * MINUTE, 7);
    expect(shown).toMatchObject({ reading: { v: 7, expected: null } });
    const [next] = take(engine, START + 2 * MINUTE + 10_000, 7);
    expect(next).toMatchObject({ reading: { v: 7, expected: 5 }, forecast: null });
  });

  it('imputes the buckets that nothing came for', () => {
    const engine = smallEngine({ cadence: MINUTE });
    take(engine, START, 1);
    take(engine, START + MINUTE, 2);
    take(engine, START + 5 * MINUTE, 3);
    const steps = take(engine, START + 6 * MINUTE, 4);
    expect(steps.map((s) => [(s.reading.t - START) / MINUTE, s.reading.flags])).toEqual([
      [2, ['imputed']],
      [3, ['imputed']],
      [4, ['imputed']],
      [6, []],
    ]);
  });

  it('leaves a reading that breaks a limit out of its bucket', () => {
    const limits = { range: [0, 100] as const, maxRate: null };
    const engine = smallEngine({ cadence: MINUTE, limits });
    take(engine, START, 1);
    for (const [i, v] of [4, 900, 6].entries()) take(engine, START + MINUTE + i * 1_000, v);
    take(engine, START + 2 * MINUTE, 1);
    expect(new EngineDirectory(engine).forecast('a')?.median[0]).toBe(5);
  });
});

describe('a counter', () => {
  it('is forecast by what is added to it', () => {
    const engine = smallEngine({ transform: 'delta' });
    for (let i = 0; i < 6; i++) take(engine, START + i * MINUTE, 1_000 + 7 * i);
    const directory = new EngineDirectory(engine);
    expect(directory.forecast('a')?.median[0]).toBe(7);
    expect(directory.history('a', 0, Infinity, 9)?.v).toEqual([null, 7, 7, 7, 7, 7]);
  });

  it('has its first forecast after its second reading', () => {
    const engine = smallEngine({ transform: 'delta' });
    expect(take(engine, START, 1_000)[0]!.forecast).toBeNull();
    const { forecast } = take(engine, START + MINUTE, 1_007)[0]!;
    expect(forecast).toMatchObject({ issued: START + MINUTE, step: MINUTE });
    expect(forecast?.median.every((m) => m === 7)).toBe(true);
    expect(take(engine, START + 2 * MINUTE, 1_015)[0]!.reading).toMatchObject({
      expected: 7,
      v: 8,
    });
  });

  it('that falls was reset, and has counted from zero since', () => {
    const engine = smallEngine({ transform: 'delta' });
    for (const [i, v] of [1_000, 1_007, 1_014, 3, 10].entries())
      take(engine, START + i * MINUTE, v);
    expect(new EngineDirectory(engine).history('a', 0, Infinity, 9)?.v).toEqual([null, 7, 7, 3, 7]);
    expect(engine.counters.counterResets).toBe(1);
  });

  it('counts across a missing reading', () => {
    const engine = smallEngine({ transform: 'delta' });
    for (const [i, v] of [10, 15, null, 25].entries()) take(engine, START + i * MINUTE, v);
    expect(new EngineDirectory(engine).history('a', 0, Infinity, 9)?.v).toEqual([
      null,
      5,
      null,
      10,
    ]);
  });

  it('drops a repeated reading as a duplicate and an earlier one as too late', () => {
    const engine = smallEngine({ transform: 'delta' });
    for (const [i, v] of [10, 15, 20].entries()) take(engine, START + i * MINUTE, v);
    expect(take(engine, START + 2 * MINUTE, 20)).toEqual([]);
    expect(take(engine, START + 1.5 * MINUTE, 17)).toEqual([]);
    expect([engine.counters.duplicates, engine.counters.tooLate]).toEqual([1, 1]);
  });
});

describe('the one-step interval', () => {
  it('goes with the reading it was issued for', () => {
    const engine = smallEngine();
    for (let i = 0; i < 10; i++) take(engine, START + i * MINUTE, i % 3);
    const { forecast } = take(engine, START + 10 * MINUTE, 1)[0]!;
    const [next] = take(engine, START + 11 * MINUTE, 2);
    const { levels } = forecast!;
    expect(next!.interval).toEqual(
      levels.map(({ level, lower, upper }) => ({ level, lower: lower[0], upper: upper[0] })),
    );
  });

  it('is not made when nobody takes it', () => {
    const engine = smallEngine();
    for (let i = 0; i < 3; i++) take(engine, START + i * MINUTE, i);
    const { steps } = engine.apply(readings(reading('a', START + 3 * MINUTE, 3)));
    expect(steps[0]?.interval).toBeNull();
  });
});
