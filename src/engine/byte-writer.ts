/**
 * Bytes written one after the other into a buffer that grows by doubling and is used again after
 * `clear`. Integers are varints: seven bits a byte, the lowest first, the top bit says "more".
 * Strings are their UTF-16 units as varints, so that any string comes back, lone surrogates
 * included, and an ASCII one takes a byte a character.
 */

/** Integers up to here can be told apart from their neighbours once their sign is folded in. */
export const DELTA_MAX = 2 ** 51;

const FIRST_BYTES = 64 * 1024;
/** A varint of an integer below 2^53. */
const VARINT_BYTES_MAX = 8;

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length: number;

  constructor(capacity = FIRST_BYTES) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  /** A view of what was written from `start` on; good until the next write. */
  bytes(start = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  /** Keeps the buffer, and forgets what was written after `length`. */
  clear(length = 0): void {
    this.#length = length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes over four bytes that are already there. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** @param value a whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    // Bit operations are for 32 bits; beyond, dividing is exact.
    while (rest >= 0x80000000) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** A whole number of either sign, below DELTA_MAX in size. Its sign is the lowest bit. */
  delta(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** What `text` has in common with the text before is not written again. */
  text(text: string, before: string): void {
    const most = Math.min(text.length, before.length);
    let same = 0;
    while (same < most && text.charCodeAt(same) === before.charCodeAt(same)) same += 1;
    const rest = text.length - same;
    this.varint(same);
    this.varint(rest);
    // A unit takes three bytes at most.
    this.#reserve(3 * rest);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = same; i < text.length; i++) {
      let unit = text.charCodeAt(i);
      while (unit >= 128) {
        bytes[at++] = (unit & 127) | 128;
        unit >>>= 7;
      }
      bytes[at++] = unit;
    }
    this.#length = at;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    let capacity = this.#bytes.length;
    while (capacity < needed) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
