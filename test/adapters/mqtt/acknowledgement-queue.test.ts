import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcknowledgementQueue } from '../../../src/adapters/mqtt/acknowledgement-queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function idsOf(writes: Buffer[]): number[] {
  const bytes = Buffer.concat(writes);
  const ids: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += 4) {
    expect([bytes[offset], bytes[offset + 1]]).toEqual([0x40, 2]);
    ids.push(bytes.readUInt16BE(offset + 2));
  }
  return ids;
}

describe('AcknowledgementQueue', () => {
  it('writes PUBACKs in the order of arrival, whatever the order of acknowledging', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (ids, random) => {
          const writes: Buffer[] = [];
          const queue = new AcknowledgementQueue(ids.length, (bytes) => writes.push(bytes));
          const open = ids.map((id) => queue.take(id));
          expect(queue.full).toBe(true);
          while (open.length > 0) {
            const index = Math.floor(random.next().value! * (open.length - 1e-9));
            open.splice(index, 1)[0]!();
            if (open.length % 3 === 0) await turn();
          }
          await turn();
          expect(idsOf(writes)).toEqual(ids);
          expect(queue.pending).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('writes what is acknowledged within one turn at once', async () => {
    const writes: Buffer[] = [];
    const queue = new AcknowledgementQueue(10, (bytes) => writes.push(bytes));
    for (const acknowledge of [1, 2, 3].map((id) => queue.take(id))) acknowledge();
    await turn();
    expect(writes.map((bytes) => bytes.length)).toEqual([12]);
  });

  it('goes round its ring many times', async () => {
    const writes: Buffer[] = [];
    const queue = new AcknowledgementQueue(3, (bytes) => writes.push(bytes));
    const ids = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const id of ids) {
      queue.take(id)();
      await turn();
    }
    expect(idsOf(writes)).toEqual(ids);
  });

  it('counts messages without an identifier as pending and writes nothing for them', async () => {
    const writes: Buffer[] = [];
    const queue = new AcknowledgementQueue(2, (bytes) => writes.push(bytes));
    const acknowledge = [queue.take(null), queue.take(null)];
    expect(queue.full).toBe(true);
    let called = 0;
    queue.whenAtMost(1, () => called++);
    await turn();
    expect(called).toBe(0);
    acknowledge[0]!();
    await turn();
    expect([called, queue.pending, writes.length]).toEqual([1, 1, 0]);
  });
});
