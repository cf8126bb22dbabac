import { crc32c } from '../../numerics/crc32c.ts';
import type { LineBatch } from './line-queue.ts';

/**
 * The bytes of an outbox segment: records one after the other, little-endian, nothing before or
 * between them:
 *
 *   0   4  magic 0xC1B0FFE7: bytes that no text in UTF-8 has
 *   4   4  CRC-32C of all that follows
 *   8   4  bytes of the lines (u32), never 0
 *   12  4  number of lines (u32), never 0
 *   16  8  lines before this record since the outbox was made (f64)
 *   24  8  bytes of those lines (f64)
 *   32  8  when it was written, milliseconds since 1970 (f64)
 *   40  …  offset behind each line (u32 each), as texts in a line may hold line feeds
 *   …   …  the lines
 *
 * Lines are numbered for the life of the outbox. A segment is named after its first line, the cursor
 * names the first line that is not acknowledged, and a jump in the numbers is exactly what was lost.
 */

const MAGIC = 0xc1b0ffe7;
const MAGIC_BYTES = Buffer.from([0xe7, 0xff, 0xb0, 0xc1]);
export const RECORD_HEADER_BYTES = 40;
/** What claims to be longer is damaged: nothing so large is ever read into memory. */
const RECORD_BYTES_MAX = 256 * 1024 * 1024;
const CHECKED_AT = 8;

/** A place between two lines. */
export interface OutboxPlace {
  /** Lines before it since the outbox was made. */
  readonly line: number;
  /** Bytes of those lines. */
  readonly byte: number;
}

/** Lines that follow each other, with where they belong. */
export interface PlacedLines {
  readonly start: OutboxPlace;
  readonly end: OutboxPlace;
  readonly batch: LineBatch;
}

/** What a record's header says; to be believed only as far as the record's checksum holds. */
export interface RecordClaim {
  readonly start: OutboxPlace;
  readonly end: OutboxPlace;
  readonly writtenAt: number;
  /** Of the whole record, in bytes. */
  readonly size: number;
}

/** What is at some offset: a whole record, the beginning of one, or anything else. */
export type Found =
  | { readonly kind: 'whole'; readonly size: number; readonly lines: PlacedLines }
  | { readonly kind: 'short'; readonly size: number }
  /** The claim is there when only the checksum does not hold. */
  | { readonly kind: 'damaged'; readonly claim: RecordClaim | null };

export function encodeRecord({ start, batch }: PlacedLines, writtenAt: number): Buffer {
  const { bytes, ends } = batch;
  const linesAt = RECORD_HEADER_BYTES + 4 * ends.length;
  const record = Buffer.allocUnsafe(linesAt + bytes.length);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(bytes.length, 8);
  record.writeUInt32LE(ends.length, 12);
  record.writeDoubleLE(start.line, 16);
  record.writeDoubleLE(start.byte, 24);
  record.writeDoubleLE(writtenAt, 32);
  for (let index = 0; index < ends.length; index++) {
    record.writeUInt32LE(ends[index]!, RECORD_HEADER_BYTES + 4 * index);
  }
  record.set(bytes, linesAt);
  record.writeUInt32LE(crc32c(record.subarray(CHECKED_AT)), 4);
  return record;
}

/** The lines of a whole record are views of `bytes`. */
export function recordAt(bytes: Buffer, at: number): Found {
  if (bytes.length - at < RECORD_HEADER_BYTES) return { kind: 'short', size: RECORD_HEADER_BYTES };
  const claim = claimAt(bytes, at);
  if (claim === null) return { kind: 'damaged', claim };
  const { start, end, size } = claim;
  if (bytes.length - at < size) return { kind: 'short', size };
  const record = bytes.subarray(at, at + size);
  if (crc32c(record.subarray(CHECKED_AT)) !== record.readUInt32LE(4)) {
    return { kind: 'damaged', claim };
  }
  const count = end.line - start.line;
  const ends = Array.from({ length: count }, (_, index) =>
    record.readUInt32LE(RECORD_HEADER_BYTES + 4 * index),
  );
  const batch = { bytes: record.subarray(RECORD_HEADER_BYTES + 4 * count), ends };
  return { kind: 'whole', size, lines: { start, end, batch } };
}

/** Reads a header of RECORD_HEADER_BYTES; null: it cannot be one. */
export function claimAt(bytes: Buffer, at: number): RecordClaim | null {
  if (bytes.length - at < RECORD_HEADER_BYTES || bytes.readUInt32LE(at) !== MAGIC) return null;
  const length = bytes.readUInt32LE(at + 8);
  const count = bytes.readUInt32LE(at + 12);
  const start = { line: bytes.readDoubleLE(at + 16), byte: bytes.readDoubleLE(at + 24) };
  const size = RECORD_HEADER_BYTES + 4 * count + length;
  if (!isPlace(start) || count === 0 || length === 0 || size > RECORD_BYTES_MAX) return null;
  const end = { line: start.line + count, byte: start.byte + length };
  return { start, end, writtenAt: bytes.readDoubleLE(at + 32), size };
}

/** Offset of the first whole record from `from` on; null: there is none. */
export function findRecord(bytes: Buffer, from: number): number | null {
  let at = bytes.indexOf(MAGIC_BYTES, from);
  while (at >= 0 && recordAt(bytes, at).kind !== 'whole') at = bytes.indexOf(MAGIC_BYTES, at + 1);
  return at < 0 ? null : at;
}

/** File name of the segment that begins with this line. */
export function segmentName(line: number): string {
  return `${String(line).padStart(16, '0')}.lines`;
}

/** The first line in a segment's name; null: it is no segment. */
export function lineOfName(name: string): number | null {
  return /^\d{16}\.lines$/.test(name) ? Number(name.slice(0, 16)) : null;
}

/** What is acknowledged. */
export interface OutboxCursor {
  readonly place: OutboxPlace;
  /** Lines behind it that were dropped, and counted, while those at it were still being sent. */
  readonly dropped: number;
}

/** One line of text: format version, line, byte, dropped, and the CRC-32C of these in hexadecimal. */
export function encodeCursor({ place, dropped }: OutboxCursor): string {
  const words = `1 ${place.line} ${place.byte} ${dropped}`;
  return `${words} ${checksumOf(words)}\n`;
}

/** Null: it is damaged, or of a version that is not known. */
export function decodeCursor(text: string): OutboxCursor | null {
  const [, words, checksum] = /^(1 \d+ \d+ \d+) ([\da-f]{8})\n$/.exec(text) ?? [];
  if (words === undefined || checksumOf(words) !== checksum) return null;
  const [, line, byte, dropped] = words.split(' ').map(Number);
  const place = { line: line!, byte: byte! };
  return isPlace(place) && Number.isSafeInteger(dropped) ? { place, dropped: dropped! } : null;
}

function checksumOf(words: string): string {
  return crc32c(Buffer.from(words)).toString(16).padStart(8, '0');
}

function isPlace({ line, byte }: OutboxPlace): boolean {
  return Number.isSafeInteger(line) && line >= 0 && Number.isSafeInteger(byte) && byte >= 0;
}
