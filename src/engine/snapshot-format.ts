import { crc32c } from '../numerics/crc32c.ts';
import { InklingError } from '../protocol/errors.ts';
import { slicedJson } from './sliced-json.ts';

/**
 * The bytes of a snapshot, little-endian, every section aligned to 8 bytes:
 *
 *   0   8  magic "INKLSNAP"
 *   8   4  format version (u32)
 *   12  4  length of the header in bytes (u32)
 *   16  4  CRC-32C of the header (u32)
 *   20  4  zero
 *   24  …  header: JSON { meta, sections: [{ name, type, length, crc }] }, then zeros to 8 bytes
 *   …      the sections' raw arrays in the header's order, each followed by zeros to 8 bytes
 *
 * Sizes are checked before anything is allocated and every section has a checksum, so a torn or
 * flipped file is refused with a code, never half read.
 */

// Every JavaScript engine has these two, though the language does not define them.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

const SNAPSHOT_VERSION = 1;
const MAGIC = 'INKLSNAP';
const PROLOGUE_BYTES = 24;
const HEADER_MAX_BYTES = 512 * 1024 * 1024;
/** A checksum of so many bytes takes about a millisecond. */
const SLICE_BYTES = 1024 * 1024;

const arrayTypes = {
  f64: Float64Array,
  f32: Float32Array,
  u32: Uint32Array,
  u8: Uint8Array,
} as const;
type ArrayType = keyof typeof arrayTypes;
export type SectionArray = Float64Array | Float32Array | Uint32Array | Uint8Array;

interface SectionHeader {
  readonly name: string;
  readonly type: ArrayType;
  /** Elements. */
  readonly length: number;
  readonly crc: number;
}

function typeOf(array: SectionArray): ArrayType {
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Uint32Array ? 'u32' : 'u8';
}

function bytesOf(array: SectionArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function padding(length: number): number {
  return (8 - (length % 8)) % 8;
}

/** An array of a snapshot. */
export interface SnapshotSection {
  readonly name: string;
  readonly data: SectionArray;
}

/** The chunks of a snapshot file, in order. Sections are views: write them before the state moves on. */
export function encodeSnapshot(meta: unknown, sections: readonly SnapshotSection[]): Uint8Array[] {
  const sums = sections.map(({ data }) => crc32c(bytesOf(data)));
  const header = { meta, sections: sectionHeaders(sections, sums) };
  return snapshotChunks(new TextEncoder().encode(JSON.stringify(header)), sections);
}

/** Like `encodeSnapshot`, in slices: `pause` is awaited between them, and the state must stand still. */
export async function encodeSnapshotSliced(
  meta: unknown,
  sections: readonly SnapshotSection[],
  pause: () => Promise<void>,
): Promise<Uint8Array[]> {
  const sums: number[] = [];
  for (const { data } of sections) {
    const bytes = bytesOf(data);
    let sum = 0;
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      sum = crc32c(bytes.subarray(at, at + SLICE_BYTES), sum);
      await pause();
    }
    sums.push(sum);
  }
  const header = { meta, sections: sectionHeaders(sections, sums) };
  return snapshotChunks(await slicedJson(header, pause), sections);
}

/** @param sums CRC-32C of each section. */
function sectionHeaders(
  sections: readonly SnapshotSection[],
  sums: readonly number[],
): SectionHeader[] {
  return sections.map(({ name, data }, index) => ({
    name,
    type: typeOf(data),
    length: data.length,
    crc: sums[index],
  }));
}

function snapshotChunks(header: Uint8Array, sections: readonly SnapshotSection[]): Uint8Array[] {
  const prologue = new Uint8Array(PROLOGUE_BYTES);
  const view = new DataView(prologue.buffer);
  prologue.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, SNAPSHOT_VERSION, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, crc32c(header), true);
  const chunks = [prologue, header, new Uint8Array(padding(header.length))];
  for (const { data } of sections) {
    chunks.push(bytesOf(data), new Uint8Array(padding(data.byteLength)));
  }
  return chunks.filter((chunk) => chunk.length > 0);
}

export interface DecodedSnapshot {
  readonly meta: unknown;
  /** Views into the bytes given, by name. */
  readonly sections: ReadonlyMap<string, SectionArray>;
}

/** Reads a snapshot. `bytes` must start at an offset that is a multiple of 8 in its buffer. */
export function decodeSnapshot(bytes: Uint8Array): DecodedSnapshot {
  const { header, start } = decodeHeader(bytes);
  const sections = new Map<string, SectionArray>();
  let at = start;
  for (const section of header.sections) {
    const ArrayOf = arrayTypes[section.type];
    const size = section.length * (ArrayOf?.BYTES_PER_ELEMENT ?? Number.NaN);
    if (!(size >= 0) || at + size > bytes.length) throw corrupt(`section "${section.name}" is cut`);
    const raw = bytes.subarray(at, at + size);
    if (crc32c(raw) !== section.crc) throw corrupt(`section "${section.name}" is damaged`);
    sections.set(
      section.name,
      new ArrayOf(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, section.length),
    );
    at += size + padding(size);
  }
  if (at !== bytes.length) throw corrupt(`${bytes.length - at} bytes follow the last section`);
  return { meta: header.meta, sections };
}

function decodeHeader(bytes: Uint8Array): {
  header: { meta: unknown; sections: SectionHeader[] };
  start: number;
} {
  if (bytes.length < PROLOGUE_BYTES) throw corrupt(`it has only ${bytes.length} bytes`);
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC)
    throw corrupt('it does not start with its mark');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== SNAPSHOT_VERSION) {
    throw new InklingError(
      'ERR_SNAPSHOT_VERSION',
      `Expected a snapshot of format ${SNAPSHOT_VERSION}, got format ${version}.`,
    );
  }
  const length = view.getUint32(12, true);
  if (length > HEADER_MAX_BYTES || PROLOGUE_BYTES + length > bytes.length) {
    throw corrupt('its header is cut');
  }
  const raw = bytes.subarray(PROLOGUE_BYTES, PROLOGUE_BYTES + length);
  if (crc32c(raw) !== view.getUint32(16, true)) throw corrupt('its header is damaged');
  const header = JSON.parse(new TextDecoder().decode(raw));
  return { header, start: PROLOGUE_BYTES + length + padding(length) };
}

function corrupt(why: string): InklingError {
  return new InklingError('ERR_SNAPSHOT_CORRUPT', `Expected a whole snapshot, but ${why}.`);
}
