import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineQueueLimits, MemoryLineQueue } from '../../../src/adapters/influx/line-queue.ts';

const roomy: LineQueueLimits = {
  batchPoints: 3,
  batchBytes: 1_000,
  queuePoints: 1_000,
  queueBytes: 1_000_000,
};

function lines(...texts: string[]) {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  let end = 0;
  return { bytes, ends: texts.map((text) => (end += Buffer.byteLength(text) + 1)) };
}

function front(queue: MemoryLineQueue): string[] | null {
  const batch = queue.front();
  return batch === null ? null : Buffer.from(batch.bytes).toString().trimEnd().split('\n');
}

describe('MemoryLineQueue', () => {
  it('gives batches in order, each until it is settled', () => {
    const queue = new MemoryLineQueue(roomy);
    queue.add(lines('a', 'b'));
    expect(queue.hasFullBatch).toBe(false);
    queue.add(lines('ä', 'd', 'e'));
    expect(queue).toMatchObject({ points: 5, bytes: 11, hasFullBatch: true });
    expect(front(queue)).toEqual(['a', 'b', 'ä']);
    expect(front(queue)).toEqual(['a', 'b', 'ä']);
    queue.settle();
    expect(front(queue)).toEqual(['d', 'e']);
    queue.settle();
    expect(queue).toMatchObject({ points: 0, bytes: 0, hasFullBatch: false, dropped: 0 });
    expect(front(queue)).toBeNull();
  });

  it('adds nothing to a batch that is being sent', () => {
    const queue = new MemoryLineQueue(roomy);
    queue.add(lines('a'));
    expect(front(queue)).toEqual(['a']);
    queue.add(lines('b'));
    expect(front(queue)).toEqual(['a']);
    queue.settle();
    expect(front(queue)).toEqual(['b']);
  });

  it('cuts batches by bytes, and lets a longer line be a batch of its own', () => {
    const queue = new MemoryLineQueue({ ...roomy, batchBytes: 8 });
    queue.add(lines('abc', 'def', 'g', 'h'.repeat(50_000), 'i'));
    const batches: string[][] = [];
    for (let batch = front(queue); batch !== null; batch = front(queue)) {
      batches.push(batch);
      queue.settle();
    }
    expect(batches).toEqual([['abc', 'def'], ['g'], ['h'.repeat(50_000)], ['i']]);
  });

  it('drops the oldest when full, but not what is being sent', () => {
    const queue = new MemoryLineQueue({ ...roomy, batchPoints: 1, queuePoints: 3 });
    queue.add(lines('a', 'b', 'c'));
    expect(front(queue)).toEqual(['a']);
    queue.add(lines('d', 'e'));
    expect(queue).toMatchObject({ points: 3, dropped: 2 });
    queue.settle();
    expect(front(queue)).toEqual(['d']);
  });

  it('stays within its limits and loses nothing uncounted', () => {
    const limits = { batchPoints: 4, batchBytes: 40, queuePoints: 20, queueBytes: 200 };
    const addition = fc.array(fc.string({ maxLength: 12, unit: 'grapheme-ascii' }), {
      maxLength: 9,
    });
    const command = fc.oneof(addition, fc.constantFrom('front', 'settle'));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const queue = new MemoryLineQueue(limits);
        let added = 0;
        let settled = 0;
        let taken = 0;
        for (const next of commands) {
          if (next === 'front') {
            taken = queue.front()?.ends.length ?? 0;
          } else if (next === 'settle') {
            queue.settle();
            settled += taken;
            taken = 0;
          } else {
            queue.add(lines(...(next as string[])));
            added += next.length;
          }
          expect(queue.points + queue.dropped + settled).toBe(added);
          expect(queue.points).toBeLessThanOrEqual(limits.queuePoints);
          expect(queue.bytes).toBeLessThanOrEqual(limits.queueBytes);
        }
      }),
    );
  });
});
