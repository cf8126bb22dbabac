import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodedItem } from '../../../src/adapters/websocket/encoded-item.ts';
import { RateLimiter } from '../../../src/adapters/websocket/rate-limiter.ts';
import { TokenBucket } from '../../../src/adapters/websocket/token-bucket.ts';

const itemAt = (offset: number) =>
  new EncodedItem(
    { kind: 'reading', stream: 'a', t: offset, v: 1, flags: [], expected: null, score: null },
    offset,
    0,
  );

describe('RateLimiter', () => {
  it('never lets a key pass twice within its interval, and always ends with its newest item', () => {
    const offers = fc.array(
      fc.record({ key: fc.integer({ min: 0, max: 2 }), pause: fc.integer({ min: 0, max: 400 }) }),
    );
    fc.assert(
      fc.property(offers, (list) => {
        const limiter = new RateLimiter(2);
        const passed = new Map<number, { at: number; offset: number }[]>();
        const newest = new Map<number, number>();
        const owners = new Map<number, number>();
        let now = 0;
        let lost = 0;
        const pass = (key: number, item: EncodedItem) => {
          passed.set(key, [...(passed.get(key) ?? []), { at: now, offset: item.offset }]);
        };
        const release = () =>
          limiter.releaseDue(now, (item) => pass(owners.get(item.offset)!, item));
        list.forEach(({ key, pause }, offset) => {
          now += pause;
          release();
          owners.set(offset, key);
          newest.set(key, offset);
          const verdict = limiter.offer(key, itemAt(offset), now);
          if (verdict === 'pass') pass(key, itemAt(offset));
          if (verdict === 'replaced') lost++;
        });
        for (let turn = 0; turn < 100 && limiter.dueAt !== null; turn++) {
          now = Math.max(now, limiter.dueAt);
          release();
        }
        expect(limiter.dueAt).toBeNull();
        for (const [key, offset] of newest) {
          const times = passed.get(key)!;
          expect(times.at(-1)!.offset).toBe(offset);
          for (let at = 1; at < times.length; at++) {
            expect(times[at]!.at - times[at - 1]!.at).toBeGreaterThanOrEqual(500);
          }
        }
        expect([...passed.values()].flat().length + lost).toBe(list.length);
      }),
    );
  });
});

describe('TokenBucket', () => {
  it('allows a burst, then the rate, and nothing more after the clock stepped back', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, now: 1000 });
    expect([1, 2, 3, 4].map(() => bucket.take(1000))).toEqual([true, true, true, false]);
    expect(bucket.take(1099)).toBe(false);
    expect(bucket.take(1100)).toBe(true);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(100)).toBe(true);
  });
});
