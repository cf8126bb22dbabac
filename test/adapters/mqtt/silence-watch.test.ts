import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SilenceWatch } from '../../../src/adapters/mqtt/silence-watch.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CHECK = 5_000;

interface Attempt {
  readonly action: string;
  readonly at: number;
}

/** Lets time pass in checks; messages come at the given times. Returns what was tried. */
function run(
  watch: SilenceWatch,
  from: number,
  until: number,
  messageTimes: readonly number[] = [],
): Attempt[] {
  const attempts: Attempt[] = [];
  for (let now = from + CHECK; now <= until; now += CHECK) {
    const count = messageTimes.filter((time) => time <= now).length;
    const action = watch.check(now, count);
    if (action === null) continue;
    attempts.push({ action, at: now });
    if (action === 'reconnect') watch.connected(now + 300);
  }
  return attempts;
}

const every = (period: number, until: number, from = 0): number[] =>
  Array.from({ length: Math.floor((until - from) / period) }, (_, n) => from + (n + 1) * period);

function connectedWatch(): SilenceWatch {
  const watch = new SilenceWatch();
  watch.connected(0);
  return watch;
}

describe('SilenceWatch', () => {
  it('resubscribes after a minute without the usual messages, then reconnects', () => {
    const busy = every(1_000, HOUR);
    const attempts = run(connectedWatch(), 0, HOUR + 3 * MINUTE, busy);
    expect(attempts).toEqual([
      { action: 'resubscribe', at: HOUR + MINUTE },
      { action: 'reconnect', at: HOUR + 2 * MINUTE },
    ]);
  });

  it('waits ten times the usual gap when messages are rare', () => {
    const rare = every(5 * MINUTE, 2 * HOUR);
    const attempts = run(connectedWatch(), 0, 3 * HOUR, rare);
    expect(attempts.map(({ action }) => action)).toEqual(['resubscribe']);
    expect(attempts[0]!.at).toBeGreaterThanOrEqual(2 * HOUR + 50 * MINUTE);
  });

  it('judges bursts by the silence between them', () => {
    const bursts = every(10 * MINUTE, 5 * HOUR).flatMap((time) => every(100, time + 3_000, time));
    const learnt = run(connectedWatch(), 0, 5 * HOUR, bursts).filter(({ at }) => at > HOUR);
    expect(learnt).toEqual([]);
  });

  it('waits for ten minutes while it knows nothing, and twice as long after each vain round', () => {
    const attempts = run(connectedWatch(), 0, 8 * HOUR);
    const minutes = attempts.map(({ at }) => Math.round(at / MINUTE));
    expect(minutes).toEqual([10, 20, 40, 60, 100, 140, 220, 300, 460]);
    expect(attempts.map(({ action }) => action).slice(0, 4)).toEqual([
      'resubscribe',
      'reconnect',
      'resubscribe',
      'reconnect',
    ]);
  });

  it('never waits longer than six hours between vain attempts', () => {
    const attempts = run(connectedWatch(), 0, 100 * HOUR).slice(12);
    for (const [index, { at }] of attempts.entries()) {
      if (index > 0) expect(at - attempts[index - 1]!.at).toBeLessThanOrEqual(6 * HOUR + CHECK);
    }
  });

  it('learns from a quiet broker and then leaves it alone', () => {
    const hourly = every(HOUR, 48 * HOUR);
    const attempts = run(connectedWatch(), 0, 48 * HOUR, hourly);
    expect(attempts.length).toBeGreaterThan(0);
    expect(attempts.filter(({ at }) => at > HOUR)).toEqual([]);
  });

  it('begins with the shortest patience again once messages have come back', () => {
    const busy = [...every(1_000, HOUR), ...every(1_000, 2 * HOUR, HOUR + MINUTE + 10_000)];
    const attempts = run(connectedWatch(), 0, 2 * HOUR + 90_000, busy);
    expect(attempts).toEqual([
      { action: 'resubscribe', at: HOUR + MINUTE },
      { action: 'resubscribe', at: 2 * HOUR + MINUTE },
    ]);
  });

  it('does not take time without a connection for silence', () => {
    const watch = connectedWatch();
    run(watch, 0, HOUR, every(1_000, HOUR));
    watch.connected(5 * HOUR);
    const count = every(1_000, HOUR).length;
    expect(watch.check(5 * HOUR + MINUTE - CHECK, count)).toBeNull();
    expect(watch.check(5 * HOUR + MINUTE, count)).toBe('resubscribe');
  });

  it('does nothing while we do not read ourselves', () => {
    const watch = connectedWatch();
    run(watch, 0, HOUR, every(1_000, HOUR));
    const count = every(1_000, HOUR).length;
    for (let now = HOUR; now <= 2 * HOUR; now += CHECK) watch.excuse(now);
    expect(watch.check(2 * HOUR + CHECK, count)).toBeNull();
    expect(watch.check(2 * HOUR + 70_000, count)).toBe('resubscribe');
  });

  it('is not moved by a clock that leaps or goes back', () => {
    const watch = connectedWatch();
    run(watch, 0, HOUR, every(1_000, HOUR));
    const count = every(1_000, HOUR).length;
    expect(watch.check(-HOUR, count)).toBeNull();
    expect(watch.check(-HOUR + 55_000, count)).toBeNull();
    expect(watch.check(-HOUR + 65_000, count)).toBe('resubscribe');
    expect(watch.check(1_000 * HOUR, count)).toBe('reconnect');
    expect(watch.check(1_001 * HOUR, count)).toBeNull();
  });

  it('never tries twice within a minute, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4 * HOUR), { maxLength: 60 }), (times) => {
        const attempts = run(connectedWatch(), 0, 6 * HOUR, times);
        for (const [index, { at }] of attempts.entries()) {
          if (index > 0) expect(at - attempts[index - 1]!.at).toBeGreaterThanOrEqual(MINUTE);
        }
      }),
      { numRuns: 50 },
    );
  });
});
