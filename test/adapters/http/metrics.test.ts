import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/adapters/http/metrics.ts';
import { createCounters, webSocketMetrics } from '../../../src/adapters/websocket/counters.ts';

describe('createMetrics', () => {
  it('reads plain counters when asked, under names in snake case', async () => {
    const counters = createCounters();
    const codes = new Map([['ERR_STREAM_ID', 1]]);
    const registry = createMetrics({
      groups: [{ prefix: 'websocket', metrics: webSocketMetrics, read: () => counters }],
      labelled: [
        {
          name: 'rejections_total',
          type: 'counter',
          help: 'Payloads that could not be taken',
          label: 'code',
          read: () => codes,
        },
      ],
    });
    counters.slowClosesTotal = 2;
    expect(await registry.metrics()).toContain('\ninkling_websocket_slow_closes_total 2\n');
    counters.slowClosesTotal = 5;
    codes.set('ERR_RATE_LIMIT', 3);
    const text = await registry.metrics();
    expect(text).toContain('\ninkling_websocket_slow_closes_total 5\n');
    expect(text).toContain('# TYPE inkling_websocket_clients gauge');
    expect(text).toContain('inkling_rejections_total{code="ERR_RATE_LIMIT"} 3');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('leaves out what is not known', async () => {
    const registry = createMetrics({
      groups: [
        {
          prefix: '',
          metrics: { coverage: { type: 'gauge', help: 'Share of targets inside' } },
          read: () => ({ coverage: Number.NaN }),
        },
      ],
      labelled: [],
    });
    expect(await registry.metrics()).not.toMatch(/^inkling_coverage /m);
  });
});
