import { basename } from 'node:path';
import { InklingError } from '../../protocol/errors.ts';
import {
  type CsvHeader,
  type CsvLayout,
  fieldText,
  type LayoutOptions,
  layOut,
  quote,
} from './csv-header.ts';
import { FieldTime, readValue, valueOfText } from './field-values.ts';
import { fileBytes, fileSize } from './file-bytes.ts';
import { ESCAPED, RowSplitter } from './row-splitter.ts';

/**
 * Recorded readings out of `.csv` and `.csv.gz` files of any size, a piece at a time:
 *
 *   file ─▶ unpack ─▶ ┃ rest of the last row │ whole rows … │ a row's begin ┃ ─▶ batch of rows
 *                     └──────────── one piece, 256 KiB ─────────────┘
 *
 * The first row has the names. Empty cells, `nan`, `None`, `NA` and their like are missing values;
 * what is neither a number nor missing ends the reading with its place: `plant.csv:17: …`.
 */

export interface CsvOptions {
  /** How the file is called in messages. Default: the last part of its path. */
  readonly name?: string;
  /** Default: `auto`. See `LayoutOptions`. */
  readonly time?: LayoutOptions['time'];
  /** Zone of times that say none, an IANA name. Default: UTC. */
  readonly timezone?: string;
  /** The columns of numbers to read. Default: all that hold numbers. */
  readonly take?: (column: string) => boolean;
}

export interface CsvRow {
  /** Whole ms since 1970; null: the row has none. */
  readonly time: number | null;
  /** One a column of the header; null: missing. */
  readonly values: readonly (number | null)[];
}

/** Rows that follow each other, at least one. */
interface CsvBatch {
  readonly rows: readonly CsvRow[];
  /** Bytes of the file read so far, compressed ones when it is compressed; for progress. */
  readonly readBytes: number;
}

export interface CsvFile {
  readonly header: CsvHeader;
  /** Bytes on the disk. */
  readonly sizeBytes: number;
  /** Reads the rows, from the first, each time it is called; nothing stays open when the loop is left. */
  batches(): AsyncGenerator<CsvBatch>;
}

/** A row may be so long; what is longer is no table, or has a quote that is never closed. Bytes. */
const rowBytesMax = 1024 * 1024;

/**
 * Reads the head of a file. ERR_DATA_MISSING when there is no such file; ERR_DATA_UNREADABLE, here
 * or while the rows are read, with file and line, when it is no table of numbers.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvFile> {
  const name = options.name ?? basename(path);
  const readTime = new FieldTime(options.timezone ?? 'UTC');
  const sizeBytes = await fileSize(path, name);
  const { head, whole } = await readHead(path, name);
  const layout = layOut(head, whole, readTime, {
    name,
    time: options.time ?? 'auto',
    take: options.take ?? (() => true),
  });
  return {
    header: layout,
    sizeBytes,
    batches: () => batchesOf(path, new RowReader(layout, name, readTime)),
  };
}

async function readHead(path: string, name: string): Promise<{ head: Buffer; whole: boolean }> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const { bytes } of fileBytes(path, name)) {
    pieces.push(bytes);
    length += bytes.length;
    if (length >= rowBytesMax) return { head: Buffer.concat(pieces), whole: false };
  }
  return { head: Buffer.concat(pieces), whole: true };
}

async function* batchesOf(path: string, reader: RowReader): AsyncGenerator<CsvBatch> {
  let skip = reader.layout.rowsFrom;
  let rest: Buffer = Buffer.alloc(0);
  let readBytes = 0;
  for await (const { bytes, read } of fileBytes(path, reader.name)) {
    readBytes = read;
    const fresh = bytes.subarray(Math.min(skip, bytes.length));
    skip -= bytes.length - fresh.length;
    const joined = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    const { rows, taken } = reader.take(joined, false);
    rest = joined.subarray(taken);
    if (rest.length > rowBytesMax) reader.fail(`expected rows of at most ${rowBytesMax} bytes`);
    if (rows.length > 0) yield { rows, readBytes };
  }
  const { rows } = reader.take(rest, true);
  if (rows.length > 0) yield { rows, readBytes };
}

/** Turns bytes into rows; knows the line it is at. */
class RowReader {
  readonly layout: CsvLayout;
  readonly name: string;
  readonly #splitter: RowSplitter;
  readonly #readTime: FieldTime;
  /** Line of the next row, from 1. */
  #line: number;

  constructor(layout: CsvLayout, name: string, readTime: FieldTime) {
    this.layout = layout;
    this.name = name;
    this.#splitter = new RowSplitter(layout.delimiter.charCodeAt(0));
    this.#readTime = readTime;
    this.#line = layout.rowsLine;
  }

  /** The whole rows among the bytes, and how many bytes they take; with `last`, all of them. */
  take(bytes: Buffer, last: boolean): { rows: CsvRow[]; taken: number } {
    const rows: CsvRow[] = [];
    const splitter = this.#splitter;
    let taken = 0;
    while (taken < bytes.length) {
      const next = splitter.next(bytes, taken, last);
      if (next < 0) break;
      taken = next;
      if (!this.#isBlank(bytes)) rows.push(this.#row(bytes));
      this.#line += 1 + splitter.innerLines;
    }
    return { rows, taken };
  }

  fail(why: string): never {
    throw new InklingError('ERR_DATA_UNREADABLE', `${this.name}:${this.#line}: ${why}`);
  }

  #isBlank(bytes: Buffer): boolean {
    const { count, starts, ends, forms } = this.#splitter;
    if (count !== 1 || forms[0] !== 0) return false;
    for (let at = starts[0]!; at < ends[0]!; at++) {
      if (bytes[at] !== 32 && bytes[at] !== 9) return false;
    }
    return true;
  }

  #row(bytes: Buffer): CsvRow {
    const { fieldCount, timeField, valueFields } = this.layout;
    const { count, malformed } = this.#splitter;
    if (malformed) this.fail('expected closed quotes with a delimiter behind them');
    if (count !== fieldCount) this.fail(`expected ${fieldCount} fields, got ${count}`);
    const values: (number | null)[] = [];
    for (let column = 0; column < valueFields.length; column++) {
      values.push(this.#value(bytes, valueFields[column]!));
    }
    return { time: timeField < 0 ? null : this.#time(bytes, timeField), values };
  }

  #value(bytes: Buffer, field: number): number | null {
    const { starts, ends, forms } = this.#splitter;
    const value =
      forms[field] === ESCAPED
        ? valueOfText(fieldText(bytes, this.#splitter, field))
        : readValue(bytes, starts[field]!, ends[field]!);
    if (value !== undefined) return value;
    const column = this.layout.columns[this.layout.valueFields.indexOf(field)]!;
    const text = fieldText(bytes, this.#splitter, field);
    return this.fail(`expected a number in column ${quote(column)}, got ${quote(text)}`);
  }

  #time(bytes: Buffer, field: number): number | null {
    const { starts, ends } = this.#splitter;
    const time = this.#readTime.read(bytes, starts[field]!, ends[field]!);
    if (time === null || !Number.isNaN(time)) return time;
    const column = quote(this.layout.timeColumn!);
    const text = quote(fieldText(bytes, this.#splitter, field));
    return this.fail(`expected a time in column ${column}, got ${text}`);
  }
}
