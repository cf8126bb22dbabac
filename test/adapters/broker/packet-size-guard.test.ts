import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { createPacketSizeGuard } from '../../../src/adapters/broker/packet-size-guard.ts';

const publish = (bytes: number) =>
  generate({
    cmd: 'publish',
    topic: 't',
    payload: Buffer.alloc(bytes, 0xff),
    qos: 0,
    dup: false,
    retain: false,
  });

describe('createPacketSizeGuard', () => {
  it('lets packets up to the limit pass, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sizes, cuts) => {
          const stream = Buffer.concat(sizes.map(publish));
          const allow = createPacketSizeGuard(303);
          let offset = 0;
          for (let turn = 0; offset < stream.length; turn++) {
            const end = offset + cuts[turn % cuts.length]!;
            expect(allow(stream.subarray(offset, end))).toBe(true);
            offset = end;
          }
        },
      ),
    );
  });

  it('stops a packet by its announced length, before the payload has come', () => {
    const allow = createPacketSizeGuard(303);
    expect(allow(publish(300))).toBe(true);
    expect(allow(publish(301).subarray(0, 3))).toBe(false);
  });

  it('stops a length of more than four bytes', () => {
    expect(createPacketSizeGuard(1e9)(Buffer.from([0x30, 0x80, 0x80, 0x80]))).toBe(true);
    expect(createPacketSizeGuard(1e9)(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1]))).toBe(false);
  });

  it('passes packets without a body', () => {
    const allow = createPacketSizeGuard(10);
    expect(allow(Buffer.from([0xc0, 0, 0xc0, 0]))).toBe(true);
    expect(allow(Buffer.from([0x30, 11]))).toBe(false);
  });
});
