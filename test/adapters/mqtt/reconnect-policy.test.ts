import { describe, expect, it } from 'vitest';
import { ReconnectPolicy } from '../../../src/adapters/mqtt/reconnect-policy.ts';

const MINUTE = 60_000;
const policyOf = () => new ReconnectPolicy(() => 1);

describe('ReconnectPolicy', () => {
  it('waits longer after each failure, up to thirty seconds', () => {
    const policy = policyOf();
    const delays = Array.from({ length: 8 }, (_, n) => policy.closed(n, 'failed'));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('begins anew only after a connection that lasted a minute', () => {
    const policy = policyOf();
    policy.closed(0, 'failed');
    policy.accepted(1_000);
    expect(policy.closed(MINUTE, 'failed')).toBe(1_000);
    policy.accepted(2 * MINUTE);
    expect(policy.closed(3 * MINUTE, 'failed')).toBe(500);
  });

  it('takes the id for contested after three evictions in a row', () => {
    const policy = policyOf();
    const contested: boolean[] = [];
    const delays: number[] = [];
    for (let now = 0; now < 5_000; now += 1_000) {
      policy.accepted(now);
      delays.push(policy.closed(now + 500, 'evicted'));
      contested.push(policy.isContested);
    }
    expect(contested).toEqual([false, false, true, true, true]);
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('takes a broker that was restarted for no rival', () => {
    const policy = policyOf();
    for (let restart = 0; restart < 5; restart++) {
      policy.accepted(restart * 10_000);
      policy.closed(restart * 10_000 + 5_000, 'evicted');
      policy.closed(restart * 10_000 + 6_000, 'failed');
      expect(policy.isContested).toBe(false);
    }
  });

  it('forgets the rival after a connection that lasted', () => {
    const policy = policyOf();
    for (let now = 0; now < 3_000; now += 1_000) {
      policy.accepted(now);
      policy.closed(now + 500, 'evicted');
    }
    policy.accepted(10_000);
    expect(policy.closed(10_000 + MINUTE, 'evicted')).toBe(500);
    expect(policy.isContested).toBe(false);
  });
});
