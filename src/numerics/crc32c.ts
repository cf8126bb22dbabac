/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of journal records and
 * snapshots. Eight tables let one round of the loop take eight bytes ("slicing by 8"):
 * table k holds the checksum of a byte followed by k zero bytes.
 */

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

const TABLES = buildTables();

/**
 * The CRC-32C of `bytes` as an unsigned 32-bit integer. Pass the result for the bytes before as
 * `crc` to continue: `crc32c(b, crc32c(a))` is the checksum of a followed by b.
 */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let state = ~crc;
  let at = 0;
  const slicedEnd = bytes.length - (bytes.length % SLICES);
  for (; at < slicedEnd; at += SLICES) {
    state ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    state =
      TABLES[0x700 | (state & 0xff)] ^
      TABLES[0x600 | ((state >>> 8) & 0xff)] ^
      TABLES[0x500 | ((state >>> 16) & 0xff)] ^
      TABLES[0x400 | (state >>> 24)] ^
      TABLES[0x300 | bytes[at + 4]] ^
      TABLES[0x200 | bytes[at + 5]] ^
      TABLES[0x100 | bytes[at + 6]] ^
      TABLES[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) {
    state = TABLES[(state ^ bytes[at]) & 0xff] ^ (state >>> 8);
  }
  return ~state >>> 0;
}

/** (8, 256) */
function buildTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) {
      state = (state >>> 1) ^ (state & 1 ? POLYNOMIAL : 0);
    }
    tables[byte] = state;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256];
    tables[at] = tables[shorter & 0xff] ^ (shorter >>> 8);
  }
  return tables;
}
