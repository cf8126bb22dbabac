import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/numerics/crc32c.ts';

/** One bit at a time, straight from the polynomial. */
function bitwiseCrc32c(bytes: Uint8Array): number {
  let state = 0xffffffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0x82f63b78 : 0);
  }
  return ~state >>> 0;
}

describe('crc32c', () => {
  it('gives the check value of the catalogue and the vectors of RFC 3720 B.4', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('equals the bitwise definition at every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(crc32c(bytes)).toBe(bitwiseCrc32c(bytes));
      }),
    );
  });

  it('continues over parts as if they were one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(70), (bytes, cut) => {
        const before = crc32c(bytes.subarray(0, cut));
        expect(crc32c(bytes.subarray(cut), before)).toBe(crc32c(bytes));
      }),
    );
  });
});
