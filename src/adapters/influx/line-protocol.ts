import type { InfluxField, InfluxPoint } from '../../pipeline/ports.ts';
import { DECIMAL_BYTES_MAX, writeDecimal, writeWhole } from './decimal-bytes.ts';

/**
 * Points as InfluxDB's line protocol, in UTF-8:
 *
 *     inkling_reading,stream=plant/7/temp,site=north value=21.5,expected=21.25 1795385096123
 *     measurement     tags                           fields                    ms since 1970
 *
 * It refuses nothing: what cannot be a field (null, NaN, ±Infinity) is left out, and a point without
 * fields is no line. Names and tags escape comma, space and equals sign with a backslash. There is no
 * escape for a backslash or a line break in them, so control characters, and a backslash where it
 * would escape what follows, are percent-encoded as in stream ids. Text fields keep every character.
 */
export interface EncodedLines {
  /** The lines, each with its line feed. Belongs to the encoder: valid until its next call. */
  readonly bytes: Uint8Array;
  /** Offset behind each line. Belongs to the encoder as well. */
  readonly ends: readonly number[];
}

const LINE_FEED = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const EQUALS = 61;
const DELETE = 127;

/** 1: an ASCII character that stands for itself in names and tags. */
const PLAIN_IN_NAMES = plainCharacters(' ,=\\');
const PLAIN_IN_TEXTS = plainCharacters('"\\');
/** A UTF-16 code unit takes at most three bytes, and an escape doubles or triples it. */
const BYTES_PER_UNIT_MAX = 4;
const FIRST_BYTES = 4096;

/** Measurements whose field names are remembered. */
const MEASUREMENTS_MAX = 64;

interface FieldName {
  readonly key: string;
  /** Comma, escaped name, equals sign. */
  readonly bytes: Uint8Array;
}

/**
 * Turns points into lines. From one call to the next it keeps its memory, and for each measurement
 * which field names came in which places: copying them is half the price of writing them.
 */
export class LineEncoder {
  readonly #names: Map<string, FieldName[]>;
  #bytes: Buffer;
  #end: number;

  constructor() {
    this.#names = new Map();
    this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
    this.#end = 0;
  }

  /** The lines of these points, in order. */
  encode(points: readonly InfluxPoint[]): EncodedLines {
    const ends: number[] = [];
    this.#end = 0;
    let before: InfluxPoint | null = null;
    /** Where the measurement and tags of the point before are, to be copied. */
    let seriesStart = 0;
    let seriesEnd = 0;
    for (const point of points) {
      const start = this.#end;
      if (before !== null && isSameSeries(before, point)) this.#repeat(seriesStart, seriesEnd);
      else this.#series(point);
      const end = this.#end;
      if (!Number.isFinite(point.timeMs) || !this.#fields(point)) {
        this.#end = start;
        continue;
      }
      this.#time(point.timeMs);
      ends.push(this.#end);
      before = point;
      seriesStart = start;
      seriesEnd = end;
    }
    return { bytes: this.#bytes.subarray(0, this.#end), ends };
  }

  #series({ measurement, tags }: InfluxPoint): void {
    // A number sign at its start would make the line a comment.
    this.#name(measurement.startsWith('#') ? `%23${measurement.slice(1)}` : measurement);
    for (const key in tags) {
      const value = tags[key];
      if (key === '' || value === undefined || value === '') continue;
      this.#byte(COMMA);
      this.#name(key);
      this.#byte(EQUALS);
      this.#name(value);
    }
  }

  #repeat(from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.copyWithin(this.#end, from, to);
    this.#end += to - from;
  }

  /** Writes what can be a field; false: there was none. */
  #fields({ measurement, fields, digits = 0 }: InfluxPoint): boolean {
    const start = this.#end;
    const names = this.#namesOf(measurement);
    // Local copies of what the loop changes: it is most of the work.
    let bytes: Uint8Array = this.#bytes;
    let end = start;
    let place = 0;
    for (const key in fields) {
      const value = fields[key];
      if (key === '' || !isWritable(value)) continue;
      let name = names[place];
      if (name?.key !== key) {
        name = { key, bytes: Buffer.from(`,${escapeName(key)}=`) };
        names[place] = name;
      }
      place += 1;
      if (end + name.bytes.length + DECIMAL_BYTES_MAX > bytes.length) {
        bytes = this.#grow(end, name.bytes.length + DECIMAL_BYTES_MAX);
      }
      end = copyBytes(name.bytes, bytes, end);
      if (typeof value === 'number') {
        end = writeDecimal(bytes, end, value, digits);
      } else {
        this.#end = end;
        this.#text(value);
        bytes = this.#bytes;
        end = this.#end;
      }
    }
    bytes[start] = SPACE;
    this.#end = end;
    return place > 0;
  }

  #text(text: string): void {
    this.#byte(QUOTE);
    if (!this.#plain(text, PLAIN_IN_TEXTS)) this.#utf8(text.replace(/["\\]/g, '\\$&'));
    this.#byte(QUOTE);
  }

  #namesOf(measurement: string): FieldName[] {
    let names = this.#names.get(measurement);
    if (names === undefined) {
      if (this.#names.size >= MEASUREMENTS_MAX) this.#names.clear();
      names = [];
      this.#names.set(measurement, names);
    }
    return names;
  }

  #time(timeMs: number): void {
    const whole = Math.round(timeMs);
    this.#reserve(DECIMAL_BYTES_MAX);
    this.#bytes[this.#end++] = SPACE;
    if (whole < 0) this.#bytes[this.#end++] = 45;
    this.#end = writeWhole(this.#bytes, this.#end, Math.abs(whole));
    this.#bytes[this.#end++] = LINE_FEED;
  }

  #name(name: string): void {
    if (!this.#plain(name, PLAIN_IN_NAMES)) this.#utf8(escapeName(name));
  }

  /** Writes a string of plain characters; false, and nothing written, when it has others. */
  #plain(text: string, plain: Uint8Array): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > DELETE || plain[unit] === 0) return false;
      bytes[end++] = unit;
    }
    this.#end = end;
    return true;
  }

  #utf8(text: string): void {
    this.#reserve(BYTES_PER_UNIT_MAX * text.length);
    this.#end += this.#bytes.write(text, this.#end);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = byte;
  }

  #reserve(count: number): void {
    if (this.#end + count > this.#bytes.length) this.#grow(this.#end, count);
  }

  /** Makes room for `count` bytes behind the `end` that are kept. */
  #grow(end: number, count: number): Uint8Array {
    const larger = Buffer.allocUnsafe(2 * (end + count));
    this.#bytes.copy(larger, 0, 0, end);
    this.#bytes = larger;
    return larger;
  }
}

function copyBytes(from: Uint8Array, into: Uint8Array, at: number): number {
  let end = at;
  for (let index = 0; index < from.length; index++) into[end++] = from[index]!;
  return end;
}

function isSameSeries(before: InfluxPoint, point: InfluxPoint): boolean {
  return before.tags === point.tags && before.measurement === point.measurement;
}

function isWritable(value: InfluxField): value is number | string {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string';
}

function escapeName(name: string): string {
  return name
    .replace(/\p{Cc}/gu, percentEncode)
    .replace(/\\(?=[ ,=]|$)/g, percentEncode)
    .replace(/[ ,=]/g, '\\$&');
}

/** U+0000 to U+009F, two hexadecimal digits for each UTF-8 byte. */
function percentEncode(character: string): string {
  return encodeURIComponent(character);
}

function plainCharacters(special: string): Uint8Array {
  return Uint8Array.from({ length: DELETE + 1 }, (_, code) => {
    const isControl = code < SPACE || code === DELETE;
    return isControl || special.includes(String.fromCharCode(code)) ? 0 : 1;
  });
}
