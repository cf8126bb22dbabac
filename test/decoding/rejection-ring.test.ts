import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../src/decoding/decode-message.ts';
import { RejectionRing } from '../../src/decoding/rejection-ring.ts';

function rejection(index: number): Rejection {
  const code = index % 3 === 0 ? 'ERR_PAYLOAD_EMPTY' : 'ERR_STREAM_ID';
  return { code, topic: `t/${index}`, sample: '', message: 'expected more' };
}

describe('RejectionRing', () => {
  it('keeps the last 1,000 and counts all', () => {
    const ring = new RejectionRing();
    for (let index = 0; index < 2_500; index++) ring.add(rejection(index));
    expect(ring.total).toBe(2_500);
    expect(ring.newest()).toHaveLength(1_000);
    expect(ring.newest()[0]!.topic).toBe('t/2499');
    expect(ring.newest().at(-1)!.topic).toBe('t/1500');
    expect(ring.counts.get('ERR_PAYLOAD_EMPTY')).toBe(834);
    expect(ring.counts.get('ERR_STREAM_ID')).toBe(1_666);
    expect(ring.counts.has('ERR_READING_TIME')).toBe(false);
  });

  it('agrees with a plain array for any capacity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(30), (capacity, count) => {
        const ring = new RejectionRing(capacity);
        const all = Array.from({ length: count }, (_, index) => rejection(index));
        for (const one of all) ring.add(one);
        expect(ring.newest()).toEqual(all.slice(-capacity).reverse());
      }),
    );
  });
});
