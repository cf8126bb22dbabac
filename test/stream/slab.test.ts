import { describe, expect, it } from 'vitest';
import { Slab } from '../../src/stream/slab.ts';

const specification = {
  mean: { type: 'f64', width: 1, fill: Number.NaN },
  ring: { type: 'f32', width: 3 },
  count: { type: 'u32', width: 1 },
} as const;

describe('a slab', () => {
  it('keeps what rows hold when it grows, and makes new rows fresh', () => {
    const slab = new Slab(specification);
    slab.columns.mean[7] = 4;
    slab.columns.ring.set([1, 2, 3], 21);
    slab.reserve(1_000);
    expect(slab.capacity).toBe(1_024);
    expect(slab.columns.mean[7]).toBe(4);
    expect([...slab.columns.ring.subarray(21, 24)]).toEqual([1, 2, 3]);
    expect(slab.columns.mean[999]).toBeNaN();
    expect(slab.columns.count[999]).toBe(0);
  });

  it('makes a row fresh again and leaves its neighbours', () => {
    const slab = new Slab(specification);
    slab.columns.ring.fill(9);
    slab.columns.mean.fill(1);
    slab.clearRow(2);
    expect([...slab.columns.ring.subarray(5, 10)]).toEqual([9, 0, 0, 0, 9]);
    expect(slab.columns.mean[2]).toBeNaN();
    expect(slab.columns.mean[1]).toBe(1);
  });

  it('knows the bytes of a row', () => {
    expect(new Slab(specification).rowBytes).toBe(8 + 12 + 4);
  });
});
