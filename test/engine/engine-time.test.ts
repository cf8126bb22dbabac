import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { EngineDirectory } from '../../src/engine/engine-directory.ts';
import type { StepOutcome } from '../../src/engine/outcome.ts';
import { all, MINUTE, reading, readings, START, smallEngine } from './engine-under-test.ts';

function take(
  engine: Engine,
  time: number | null,
  value: number | null,
  arrivedAt = time ?? START,
): readonly StepOutcome[] {
  return engine.apply({ kind: 'readings', arrivedAt, readings: [reading('a', time, value)] }, all)
    .steps;
}

/** An engine whose stream `a` has had n readings, one a minute, from START on: 1, 2, 3, … */
function warm(n: number, rule = {}): Engine {
  const engine = smallEngine(rule);
  for (let i = 0; i < n; i++) take(engine, START + i * MINUTE, i + 1);
  return engine;
}

describe('time', () => {
  it('finds the cadence and rounds it to a natural period', () => {
    const engine = smallEngine();
    for (let i = 0; i < 10; i++) take(engine, START + i * 60_100, i);
    expect(new EngineDirectory(engine).summary('a')?.cadence).toBe(MINUTE);
  });

  it('inserts missing steps, imputed and without a value, before the reading after a gap', () => {
    const engine = warm(10);
    const steps = take(engine, START + 13 * MINUTE, 14);
    expect(steps.map(({ reading: r }) => [(r.t - START) / MINUTE, r.v, r.flags])).toEqual([
      [10, null, ['imputed']],
      [11, null, ['imputed']],
      [12, null, ['imputed']],
      [13, 14, []],
    ]);
    expect(steps.map(({ forecast }) => forecast === null)).toEqual([true, true, true, false]);
    expect(engine.counters.imputed).toBe(3);
  });

  it('takes a gap of up to one and a half cadences as one step', () => {
    const engine = warm(10);
    expect(take(engine, START + 10.5 * MINUTE, 11)).toHaveLength(1);
  });

  it('starts the state anew after a gap longer than maxGap', () => {
    const engine = warm(10, { maxGapSteps: 4 });
    const steps = take(engine, START + 109 * MINUTE, 14);
    expect(steps).toHaveLength(5);
    expect(engine.counters.gapRestarts).toBe(1);
    expect(new EngineDirectory(engine).state('a')?.steps).toBe(1);
  });

  it('lets a late reading correct history, but not the recurrent state', () => {
    const engine = warm(10, { latenessMs: 5 * MINUTE });
    const directory = new EngineDirectory(engine);
    const before = directory.state('a');
    const [late] = take(engine, START + 7.5 * MINUTE, 99, START + 10 * MINUTE);
    expect(late).toMatchObject({ reading: { v: 99, flags: ['late'] }, forecast: null });
    expect(directory.state('a')).toEqual(before);
    expect(directory.history('a', START + 7 * MINUTE, START + 8 * MINUTE, 9)).toEqual({
      t: [START + 7 * MINUTE, START + 7.5 * MINUTE, START + 8 * MINUTE],
      v: [8, 99, 9],
    });
    expect(engine.counters.late).toBe(1);
  });

  it('drops a duplicate, and takes the same time with another value as a correction', () => {
    const engine = warm(5);
    expect(take(engine, START + 4 * MINUTE, 5)).toEqual([]);
    expect(take(engine, START + 3 * MINUTE, 4)).toEqual([]);
    expect(take(engine, START + 4 * MINUTE, 55)).toHaveLength(1);
    const { duplicates, corrected, steps } = engine.counters;
    expect({ duplicates, corrected, steps }).toEqual({ duplicates: 2, corrected: 1, steps: 4 });
    expect(new EngineDirectory(engine).summary('a')?.last.v).toBe(55);
  });

  it('drops and counts what is too late or more than five minutes ahead of its arrival', () => {
    const engine = warm(10);
    expect(take(engine, START, 1)).toEqual([]);
    expect(take(engine, START + 16 * MINUTE, 1, START + 10 * MINUTE)).toEqual([]);
    expect(take(engine, START + 15 * MINUTE, 1, START + 10 * MINUTE)).not.toEqual([]);
    expect([engine.counters.tooLate, engine.counters.future]).toEqual([1, 1]);
  });

  it('gives readings without a time their arrival, strictly rising, and never drops them as duplicates', () => {
    const engine = smallEngine();
    for (let i = 0; i < 4; i++) take(engine, null, 5, START);
    expect(new EngineDirectory(engine).history('a', 0, Infinity, 9)).toEqual({
      t: [START, START + 1, START + 2, START + 3],
      v: [5, 5, 5, 5],
    });
  });

  it('shows a retained reading and learns nothing from it', () => {
    const engine = warm(5);
    const before = new EngineDirectory(engine).state('a');
    const retained = { ...reading('a', START + 5 * MINUTE, 70), retained: true };
    const { steps } = engine.apply(readings(retained), all);
    expect(steps).toMatchObject([{ reading: { v: 70, flags: ['retained'] }, forecast: null }]);
    expect(new EngineDirectory(engine).state('a')).toEqual(before);
    expect(new EngineDirectory(engine).summary('a')?.last.v).toBe(70);
  });

  it('takes a missing value as a step that nothing is learnt from', () => {
    const engine = warm(5);
    const [step] = take(engine, START + 5 * MINUTE, null);
    expect(step).toMatchObject({ reading: { v: null, flags: [] } });
    expect(step!.forecast!.median[0]).toBe(5);
    expect(engine.table.columns.count[0]).toBe(4);
  });

  it('flags a reading outside its limits, raises an anomaly and learns nothing from it', () => {
    const engine = warm(5, { limits: { range: [-40, 85], maxRate: null } });
    const event = readings(reading('a', START + 5 * MINUTE, 850));
    const { steps, notices } = engine.apply(event, all);
    expect(steps[0]?.reading).toMatchObject({ v: 850, flags: ['limit'] });
    expect(notices).toMatchObject([{ kind: 'anomaly', value: 850, direction: 'up' }]);
    expect(steps[0]?.forecast?.median[0]).toBe(5);
  });

  it('flags a change faster than the limit', () => {
    const engine = warm(5, { limits: { range: null, maxRate: 5 / MINUTE } });
    expect(take(engine, START + 5 * MINUTE, 11)[0]?.reading.flags).toEqual(['limit']);
    expect(take(engine, START + 6 * MINUTE, 8)[0]?.reading.flags).toEqual([]);
  });

  it('expects what it forecast before the reading came', () => {
    const engine = warm(5);
    const forecast = take(engine, START + 5 * MINUTE, 6)[0]!.forecast!;
    const [next] = take(engine, START + 6 * MINUTE, 9);
    expect(next!.reading.expected).toBe(forecast.median[0]);
  });

  it('revises the cadence when the stream changes it', () => {
    const engine = warm(40);
    for (let i = 0; i < 40; i++) take(engine, START + 40 * MINUTE + i * 10_000, i);
    expect(new EngineDirectory(engine).summary('a')?.cadence).toBe(10_000);
    expect(engine.counters.cadenceChanges).toBe(1);
  });

  it('calls a stream stale that has long been silent, until it speaks again', () => {
    const engine = warm(10);
    const directory = new EngineDirectory(engine);
    engine.apply({ kind: 'tick', at: START + 12 * MINUTE });
    expect(directory.summary('a')?.state).toBe('warming');
    engine.apply({ kind: 'tick', at: START + 30 * MINUTE });
    expect(directory.summary('a')?.state).toBe('stale');
    expect(directory.forecast('a')?.state).toBe('stale');
    take(engine, START + 30 * MINUTE, 1);
    expect(directory.summary('a')?.state).toBe('warming');
  });

  it('names the streams that have expired, by arrival', () => {
    const engine = warm(3, { expireMs: 30 * MINUTE });
    expect(engine.expired(START + 32 * MINUTE)).toEqual([]);
    expect(engine.expired(START + 33 * MINUTE)).toEqual(['a']);
    engine.apply({ kind: 'remove', stream: 'a', reason: 'expired' });
    expect(new EngineDirectory(engine).count).toBe(0);
  });

  it('stays within its limit of streams and leaves the ones it has unharmed', () => {
    const engine = smallEngine({}, { limits: { streams: 2, modelBytes: 1e9 } });
    for (let i = 0; i < 100; i++) engine.apply(readings(reading(`s/${i}`, START, i)));
    expect(engine.table.count).toBe(2);
    expect(engine.counters.streamLimit).toBe(98);
  });
});
