import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesWindow } from '../../src/dashboard/series-window.ts';

const points = fc.array(
  fc.record({ t: fc.integer({ min: 0, max: 50 }), v: fc.option(fc.double({ noNaN: true })) }),
  { maxLength: 80 },
);

describe('SeriesWindow', () => {
  it('holds one value a time, ascending, the last one given, whatever the order', () => {
    fc.assert(
      fc.property(points, (readings) => {
        const window = new SeriesWindow(1000);
        const expected = new Map<number, number | null>();
        for (const reading of readings) {
          window.push(reading);
          expected.set(reading.t, reading.v);
        }
        const sorted = [...expected].sort(([a], [b]) => a - b);
        expect(window.columns.t).toEqual(sorted.map(([t]) => t));
        expect(window.columns.v).toEqual(sorted.map(([, v]) => v));
      }),
    );
  });

  it('puts history beneath what came live, which stays where both know a time', () => {
    const window = new SeriesWindow(1000);
    window.push({ t: 30, v: 3 });
    window.push({ t: 40, v: 4 });
    window.merge({ t: [10, 20, 30], v: [1, null, 99] });
    expect(window.columns).toEqual({ t: [10, 20, 30, 40], v: [1, null, 3, 4] });
  });

  it('never holds much more than its bound, and drops the oldest', () => {
    const window = new SeriesWindow(100);
    for (let t = 0; t < 5000; t++) {
      window.push({ t, v: t });
      expect(window.columns.t.length).toBeLessThanOrEqual(356);
    }
    expect(window.columns.t.at(-1)).toBe(4999);
    window.merge({ t: [0, 1], v: [0, 1] });
    expect(window.columns.t).toHaveLength(100);
    expect(window.columns.t[0]).toBe(4900);
  });
});
