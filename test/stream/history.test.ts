import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendHistory,
  correctHistory,
  HISTORY,
  type HistoryColumns,
  readHistory,
} from '../../src/stream/history.ts';

function columns(): HistoryColumns {
  return {
    historyTime: new Float64Array(2 * HISTORY),
    historyValue: new Float64Array(2 * HISTORY),
    historyCount: new Uint32Array(2),
  };
}

function all(ring: HistoryColumns, row = 1): { t: number[]; v: (number | null)[] } {
  return readHistory(ring, row, -Infinity, Infinity, HISTORY);
}

describe('the history of a stream', () => {
  it('is what a sorted list of the newest readings would be', () => {
    const commands = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 3 })),
      {
        maxLength: 400,
      },
    );
    fc.assert(
      fc.property(commands, (list) => {
        const ring = columns();
        let model: [number, number][] = [];
        for (const [time, value] of list) {
          const newest = model.at(-1)?.[0] ?? -1;
          const known = model.find(([t]) => t === time);
          if (time > newest) {
            appendHistory(ring, 1, time, value);
            model.push([time, value]);
          } else {
            const effect = correctHistory(ring, 1, time, value);
            if (known !== undefined) {
              expect(effect).toBe(known[1] === value ? 'duplicate' : 'corrected');
              known[1] = value;
            } else if (effect === 'inserted') {
              model.push([time, value]);
            } else {
              expect(effect).toBe('too-old');
              expect(time).toBeLessThan(model[0]![0]);
            }
          }
          model = model.sort((a, b) => a[0] - b[0]).slice(-HISTORY);
        }
        expect(all(ring)).toEqual({ t: model.map(([t]) => t), v: model.map(([, v]) => v) });
        expect(all(ring, 0).t).toEqual([]);
      }),
    );
  });

  it('gives the newest of a span, in order, and null for what is missing', () => {
    const ring = columns();
    for (let t = 0; t < 10; t++) appendHistory(ring, 1, t, t === 7 ? Number.NaN : t);
    expect(readHistory(ring, 1, 2, 8, 3)).toEqual({ t: [6, 7, 8], v: [6, null, 8] });
  });
});
