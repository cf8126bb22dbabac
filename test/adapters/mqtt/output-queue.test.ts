import { describe, expect, it } from 'vitest';
import { OutputQueue } from '../../../src/adapters/mqtt/output-queue.ts';

const retained = (topic: string, payload = '') => ({ topic, payload, retain: true });
const event = (payload: string) => ({ topic: 'anomaly', payload, retain: false });

function drain(queue: OutputQueue): string[] {
  const taken: string[] = [];
  for (let next = queue.take(); next !== null; next = queue.take()) {
    taken.push(`${next.topic} ${next.payload}`);
  }
  return taken;
}

describe('OutputQueue', () => {
  it('keeps only the newest of a retained topic, in the turn of the first', () => {
    const queue = new OutputQueue(10);
    for (const payload of ['1', '2', '3']) {
      queue.put(retained('a', payload));
      queue.put(retained('b', payload));
    }
    expect({ count: queue.count, replaced: queue.replaced, dropped: queue.dropped }).toEqual({
      count: 2,
      replaced: 4,
      dropped: 0,
    });
    expect(drain(queue)).toEqual(['a 3', 'b 3']);
  });

  it('keeps every event, and sends events first', () => {
    const queue = new OutputQueue(10);
    queue.put(retained('a', '1'));
    queue.put(event('x'));
    queue.put(event('y'));
    expect(drain(queue)).toEqual(['anomaly x', 'anomaly y', 'a 1']);
  });

  it('drops the oldest of a full line and counts it', () => {
    const queue = new OutputQueue(2);
    for (const payload of ['1', '2', '3']) {
      queue.put(event(payload));
      queue.put(retained(`topic-${payload}`));
    }
    expect(queue.dropped).toBe(2);
    expect(drain(queue)).toEqual(['anomaly 2', 'anomaly 3', 'topic-2 ', 'topic-3 ']);
  });
});
