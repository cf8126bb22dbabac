import { describe, expect, it } from 'vitest';
import { Pace, waitFor } from '../../src/commands/pace.ts';

describe('Pace', () => {
  const start = 5_000;
  const paced = (speed: number | 'max') => {
    let now = start;
    const pace = new Pace(speed, { now: () => now });
    return {
      waitMs: (time: number | null) => pace.waitMs(time),
      pass: (ms: number) => (now += ms),
    };
  };

  it('lets rows follow each other as they were recorded, divided by the speed', () => {
    const { pass, waitMs } = paced(60);
    expect(waitMs(1_000_000)).toBe(0);
    expect(waitMs(1_060_000)).toBe(1_000);
    pass(400);
    expect(waitMs(1_060_000)).toBe(600);
    pass(5_000);
    expect(waitMs(1_120_000)).toBe(0);
  });

  it('makes up for what took longer, so that nothing adds up', () => {
    const { pass, waitMs } = paced(1);
    waitMs(0);
    pass(10_500);
    expect([waitMs(10_000), waitMs(11_000)]).toEqual([0, 500]);
  });

  it('lets rows without a time, or out of order, pass at once', () => {
    const { waitMs } = paced(1);
    expect([waitMs(null), waitMs(9_000), waitMs(1_000), waitMs(10_000)]).toEqual([0, 0, 0, 1_000]);
  });

  it('never waits at full speed', () => {
    const { waitMs } = paced('max');
    expect([waitMs(0), waitMs(1e12)]).toEqual([0, 0]);
  });
});

describe('waitFor', () => {
  it('ends at once when the signal is aborted, before or meanwhile, however long the wait', async () => {
    await waitFor(1e12, AbortSignal.abort());
    const controller = new AbortController();
    const waiting = waitFor(1e12, controller.signal);
    controller.abort();
    await waiting;
    expect(controller.signal.aborted).toBe(true);
  }, 1_000);
});
