import type { ByteWriter } from '../../engine/byte-writer.ts';
import { crc32c } from '../../numerics/crc32c.ts';
import { InklingError } from '../../protocol/errors.ts';

/**
 * The bytes of a journal segment, little-endian:
 *
 *   header   0   8  magic "INKLJRNL"
 *            8   4  format version (u32)
 *            12  4  CRC-32C of bytes 16 to 64
 *            16  8  position of the first record (f64)
 *            24  8  when the segment was begun, milliseconds since 1970 (f64)
 *            32  32 kernel variant that ran, ASCII, filled up with zeros
 *
 *   then groups, each written by one write and synced before the next is begun:
 *
 *   mark     0   4  magic 0xC0A51DE5, which no length can be
 *            4   4  CRC-32C of the next 8 bytes
 *            8   8  position of the next record (f64)
 *   record   0   4  length of the payload (u32), never 0
 *            4   4  CRC-32C of the payload
 *            8   …  payload: one event
 *   record   …
 *
 * The mark is there to tell a torn tail from damage: a group is begun only when the one before is on
 * the disk, so what does not check out is torn (never acknowledged) where no mark follows, and
 * damaged where one does. An orderly close writes a mark without records, for the same reason.
 */

const SEGMENT_VERSION = 1;
export const HEADER_BYTES = 64;
const MARK_BYTES = 16;
const RECORD_HEADER_BYTES = 8;
const MAGIC = Buffer.from('INKLJRNL', 'latin1');
const MARK_MAGIC = 0xc0a51de5;
const MARK_MAGIC_BYTES = Buffer.from([0xe5, 0x1d, 0xa5, 0xc0]);
const VARIANT_AT = 32;
const CHECKED_AT = 16;

export interface SegmentHeader {
  readonly first: number;
  /** When it was begun, milliseconds since 1970. */
  readonly begunAt: number;
  /** Kernel that computed forecasts meanwhile; replaying with another may change last digits. */
  readonly variant: string;
}

/** File name of the segment whose first record has this position. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.journal`;
}

/** The first position in a segment's name; null when it is no segment. */
export function firstOfName(name: string): number | null {
  return /^\d{16}\.journal$/.test(name) ? Number(name.slice(0, 16)) : null;
}

export function encodeHeader({ first, begunAt, variant }: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(SEGMENT_VERSION, 8);
  bytes.writeDoubleLE(first, 16);
  bytes.writeDoubleLE(begunAt, 24);
  bytes.write(variant.slice(0, HEADER_BYTES - VARIANT_AT), VARIANT_AT, 'latin1');
  bytes.writeUInt32LE(crc32c(bytes.subarray(CHECKED_AT)), 12);
  return bytes;
}

/** ERR_JOURNAL_CORRUPT when these bytes do not begin with a header that this version knows. */
export function decodeHeader(bytes: Uint8Array): SegmentHeader {
  if (bytes.length < HEADER_BYTES) throw damaged('its header is cut');
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw damaged('it does not start with its mark');
  }
  const version = header.readUInt32LE(8);
  if (version !== SEGMENT_VERSION) {
    throw damaged(`it has format ${version}, and this version reads ${SEGMENT_VERSION}`);
  }
  if (crc32c(header.subarray(CHECKED_AT)) !== header.readUInt32LE(12)) {
    throw damaged('its header is damaged');
  }
  return {
    first: header.readDoubleLE(16),
    begunAt: header.readDoubleLE(24),
    variant: header.toString('latin1', VARIANT_AT).replace(/\0+$/, ''),
  };
}

/** Appends a group's mark. */
export function writeMark(nextPosition: number, into: ByteWriter): void {
  into.u32(MARK_MAGIC);
  const crcAt = into.length;
  into.u32(0);
  into.f64(nextPosition);
  into.patchU32(crcAt, crc32c(into.bytes(crcAt + 4)));
}

/** Appends a record whose payload `encode` appends. */
export function writeRecord(encode: () => void, into: ByteWriter): void {
  const start = into.length;
  into.u32(0);
  into.u32(0);
  encode();
  into.patchU32(start, into.length - start - RECORD_HEADER_BYTES);
  into.patchU32(start + 4, crc32c(into.bytes(start + RECORD_HEADER_BYTES)));
}

/** Walks over the records of a segment whose header is whole. */
export class RecordCursor {
  readonly #bytes: Buffer;
  #at: number;
  /** Position of the next record. */
  #next: number;
  #recordAt: number;
  #problem: string | null;

  constructor(bytes: Uint8Array, first: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = HEADER_BYTES;
    this.#next = first;
    this.#recordAt = HEADER_BYTES;
    this.#problem = null;
  }

  /** Position of the record that `next` gave last, or of the one before the first. */
  get position(): number {
    return this.#next - 1;
  }

  /** Where the record that `next` gave last begins. */
  get recordAt(): number {
    return this.#recordAt;
  }

  /** Up to here everything was whole. */
  get end(): number {
    return this.#at;
  }

  /** Why `next` has stopped; null: it was the end of the segment. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The payload of the next record, a view; null at the end, or at what is not whole. */
  next(): Uint8Array | null {
    while (this.#problem === null && this.#at < this.#bytes.length) {
      if (this.#left() >= 4 && this.#bytes.readUInt32LE(this.#at) === MARK_MAGIC) {
        this.#passMark();
      } else {
        return this.#takeRecord();
      }
    }
    return null;
  }

  /**
   * The mark of a group that was begun after the one that `next` has stopped in, and the position it
   * names; null: there is none.
   */
  markBehind(): { readonly at: number; readonly next: number } | null {
    const from = this.#problem === null ? this.#at : this.#at + 1;
    let at = this.#bytes.indexOf(MARK_MAGIC_BYTES, from);
    while (at >= 0) {
      const next = markAt(this.#bytes, at);
      if (next !== null && next > this.#next) return { at, next };
      at = this.#bytes.indexOf(MARK_MAGIC_BYTES, at + 1);
    }
    return null;
  }

  /** Goes on at a mark that `markBehind` has found. */
  goTo({ at, next }: { readonly at: number; readonly next: number }): void {
    this.#at = at;
    this.#next = next;
    this.#problem = null;
  }

  #left(): number {
    return this.#bytes.length - this.#at;
  }

  #passMark(): void {
    const next = markAt(this.#bytes, this.#at);
    if (next === null) this.#problem = 'a group mark is damaged';
    else if (next !== this.#next) this.#problem = `records before position ${next} are missing`;
    else this.#at += MARK_BYTES;
  }

  #takeRecord(): Uint8Array | null {
    const left = this.#left();
    const length = left < RECORD_HEADER_BYTES ? 0 : this.#bytes.readUInt32LE(this.#at);
    if (length === 0 || RECORD_HEADER_BYTES + length > left) {
      this.#problem = `the record of position ${this.#next} is cut`;
      return null;
    }
    const start = this.#at + RECORD_HEADER_BYTES;
    const payload = this.#bytes.subarray(start, start + length);
    if (crc32c(payload) !== this.#bytes.readUInt32LE(this.#at + 4)) {
      this.#problem = `the record of position ${this.#next} is damaged`;
      return null;
    }
    this.#recordAt = this.#at;
    this.#at = start + length;
    this.#next += 1;
    return payload;
  }
}

/** The position in the mark at this offset; null when there is no whole mark. */
function markAt(bytes: Buffer, at: number): number | null {
  if (at + MARK_BYTES > bytes.length) return null;
  const isWhole = crc32c(bytes.subarray(at + 8, at + MARK_BYTES)) === bytes.readUInt32LE(at + 4);
  return isWhole ? bytes.readDoubleLE(at + 8) : null;
}

function damaged(why: string): InklingError {
  return new InklingError('ERR_JOURNAL_CORRUPT', `Expected a journal segment, but ${why}.`);
}
