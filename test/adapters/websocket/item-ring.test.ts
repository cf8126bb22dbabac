import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodedItem } from '../../../src/adapters/websocket/encoded-item.ts';
import { ItemRing } from '../../../src/adapters/websocket/item-ring.ts';
import { RowSet } from '../../../src/adapters/websocket/row-set.ts';

const itemAt = (offset: number) =>
  new EncodedItem(
    { kind: 'reading', stream: 'a', t: offset, v: 1, flags: [], expected: null, score: null },
    offset,
    0,
  );

describe('ItemRing', () => {
  it('is the newest part of a plain list, and knows what it has let go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 12 }),
        (gaps, itemsMax, itemsOfBytes) => {
          const bytesMax = itemsOfBytes * itemAt(1).bytes;
          const ring = new ItemRing({ itemsMax, bytesMax });
          const all: number[] = [];
          let offset = 0;
          for (const gap of gaps) {
            offset += gap;
            ring.push(itemAt(offset));
            all.push(offset);
          }
          const kept = all.slice(-Math.min(itemsMax, itemsOfBytes));
          expect(ring.count).toBe(kept.length);
          expect(ring.bytes).toBe(kept.length * itemAt(1).bytes);
          const lost = all.length > kept.length ? all[all.length - kept.length - 1]! : 0;
          for (let since = 0; since <= offset; since++) {
            expect(ring.covers(since)).toBe(since >= lost);
            const wanted = kept.filter((one) => one > since);
            expect([...ring.since(since)].map((item) => item.offset)).toEqual(wanted);
          }
        },
      ),
    );
  });
});

describe('RowSet', () => {
  it('is a set of rows', () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 300 }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const rows = new RowSet();
        const model = new Set<number>();
        for (const [adds, row] of steps) {
          if (adds) expect(rows.add(row)).toBe(!model.has(row));
          else expect(rows.delete(row)).toBe(model.has(row));
          if (adds) model.add(row);
          else model.delete(row);
        }
        const copy = rows.copy();
        expect([...rows]).toEqual([...model].sort((a, b) => a - b));
        rows.add(299);
        expect(copy.has(299)).toBe(model.has(299));
        expect(rows.has(-1)).toBe(false);
      }),
    );
  });
});
