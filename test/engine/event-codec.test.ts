import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/engine/byte-writer.ts';
import { decodeEvent, encodeEvent, type StoredEvent } from '../../src/engine/event-codec.ts';
import { InklingError } from '../../src/protocol/errors.ts';
import type { Reading } from '../../src/stream/reading.ts';

function bytesOf(event: StoredEvent): Uint8Array {
  const writer = new ByteWriter(1);
  encodeEvent(event, writer);
  return writer.bytes().slice();
}

const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    'plant/1/temp',
    'plant/1/pressure',
    'plant/2/temp',
    '\ud800',
    '°C',
    '__proto__',
  ),
);
const time = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
);
const decimal = fc.tuple(fc.integer(), fc.constantFrom(1, 10, 100, 1000, 10_000));
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  decimal.map(([digits, scale]) => digits / scale),
  fc.constantFrom(0, -0, 5e-324, 2 ** 53, -(2 ** 31), Number.MAX_VALUE),
);
const labels = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
const reading: fc.Arbitrary<Reading> = plain({
  stream: text,
  time: fc.option(time),
  value: fc.option(value),
  unit: fc.option(text),
  retained: fc.boolean(),
  labels: fc.option(labels),
});
const loss = fc.double({ noNaN: true });
const version = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyEvent: fc.Arbitrary<StoredEvent> = fc.oneof(
  plain({
    kind: fc.constant('readings' as const),
    arrivedAt: time,
    readings: fc.array(reading, { maxLength: 30 }),
  }),
  plain({ kind: fc.constant('tick' as const), at: time }),
  plain({
    kind: fc.constant('weights' as const),
    group: text,
    version,
    digest: text,
    reason: fc.constantFrom('published' as const, 'rollback' as const, 'diverged' as const),
    loss: fc.option(loss),
    seconds: fc.option(loss),
  }),
  plain({ kind: fc.constant('checkpoint' as const), group: text, version, loss }),
  plain({
    kind: fc.constant('remove' as const),
    stream: text,
    reason: fc.constantFrom('deleted' as const, 'expired' as const),
  }),
);

/** The event it decodes to; null when it was refused with a code. */
function decoded(bytes: Uint8Array): StoredEvent | null {
  try {
    return decodeEvent(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(InklingError);
    expect((error as InklingError).code).toBe('ERR_JOURNAL_CORRUPT');
    return null;
  }
}

describe('the codec of events', () => {
  it('gives every event back, every number bit for bit', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(decodeEvent(bytesOf(event))).toStrictEqual(event);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps the order of labels', () => {
    const event = (names: Record<string, string>): StoredEvent => ({
      kind: 'readings',
      arrivedAt: 1,
      readings: [
        { stream: 'a', time: 1, value: 1, unit: null, retained: false, labels: { a: '1', b: '2' } },
        { stream: 'a', time: 2, value: 1, unit: null, retained: false, labels: names },
      ],
    });
    const back = decodeEvent(bytesOf(event({ b: '2', a: '1' })));
    expect(JSON.stringify(back)).toBe(JSON.stringify(event({ b: '2', a: '1' })));
  });

  it('writes one event after the other into the same buffer', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 8 }), (events) => {
        const writer = new ByteWriter(16);
        const pieces = events.map((event) => {
          const start = writer.length;
          encodeEvent(event, writer);
          return [start, writer.length] as const;
        });
        const all = writer.bytes();
        const back = pieces.map(([start, end]) => decodeEvent(all.subarray(start, end)));
        expect(back).toStrictEqual(events);
      }),
    );
  });

  it('takes few bytes for a reading of a fleet', () => {
    const readings = Array.from({ length: 500 }, (_, n) => ({
      stream: `plant/line-${Math.floor(n / 10)}/device-${n % 10}/temperature`,
      time: 1_767_600_000_000 + 7 * n,
      value: Math.round(21_500 + 900 * Math.sin(n)) / 100,
      unit: '°C',
      retained: false,
      labels: { site: 'plant', line: `line-${Math.floor(n / 10)}` },
    }));
    const event = { kind: 'readings', arrivedAt: 1_767_600_000_100, readings } as const;
    expect(bytesOf(event).length / readings.length).toBeLessThan(25);
  });

  it('refuses any other bytes with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decoded(bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses every event that is cut or longer than it says, and survives every flipped bit', () => {
    fc.assert(
      fc.property(anyEvent, fc.nat(), (event, at) => {
        const bytes = bytesOf(event);
        expect(decoded(bytes.subarray(0, at % bytes.length))).toBeNull();
        expect(decoded(Uint8Array.of(...bytes, 0))).toBeNull();
        const flipped = bytes.slice();
        flipped[at % bytes.length]! ^= 1 << (at % 8);
        decoded(flipped);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses an event of another version by name', () => {
    const bytes = bytesOf({ kind: 'tick', at: 5 });
    bytes[0] = (2 << 4) | (bytes[0]! & 15);
    expect(() => decodeEvent(bytes)).toThrow('version 2');
  });
});
