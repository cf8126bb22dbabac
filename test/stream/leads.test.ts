import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { horizonClass, leadsOf } from '../../src/stream/leads.ts';

describe('lead groups', () => {
  it('are the powers of two and the horizon', () => {
    expect([...leadsOf(24).knots]).toEqual([1, 2, 4, 8, 16, 24]);
    expect([...leadsOf(1).knots]).toEqual([1]);
    expect([...leadsOf(16).knots]).toEqual([1, 2, 4, 8, 16]);
  });

  it('put every lead between the knots around it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (horizon) => {
        const { knots, below, share } = leadsOf(horizon);
        for (let lead = 1; lead <= horizon; lead++) {
          const k = below[lead - 1]!;
          expect(knots[k]).toBeLessThanOrEqual(lead);
          if (share[lead - 1] === 0) expect(knots[k]).toBe(lead);
          else expect(knots[k + 1]).toBeGreaterThan(lead);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keep at most eight pending forecasts a knot, each until its target', () => {
    const { knots, stride, pendingStart } = leadsOf(1_000);
    knots.forEach((lead, k) => {
      const slots = pendingStart[k + 1]! - pendingStart[k]!;
      expect(slots).toBeLessThanOrEqual(8);
      expect(slots * stride[k]!).toBeGreaterThanOrEqual(lead);
    });
  });

  it('come in few sizes, each holding what was asked for', () => {
    const sizes = new Set<number>();
    for (let steps = 1; steps <= 1_000; steps++) {
      expect(horizonClass(steps)).toBeGreaterThanOrEqual(steps);
      sizes.add(horizonClass(steps));
    }
    expect(sizes.size).toBeLessThan(12);
  });
});
