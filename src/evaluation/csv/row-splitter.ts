/**
 * Where the fields of a CSV row begin and end, as RFC 4180 has it, found in the bytes themselves:
 *
 *     2016-07-01 00:00:00,"5,8",,1.6␍␊
 *     └─ starts[0]      └ ends[0]          count = 4; quotes are left out, white space is not
 *
 * Rows end with LF or CR LF. A quoted field may hold delimiters, line breaks and doubled quotes.
 */

const LF = 10;
const CR = 13;
const QUOTE = 34;
const FIELDS_FIRST = 64;

/** How a field is written. */
const PLAIN = 0;
const QUOTED = 1;
/** Quoted, with doubled quotes inside. */
export const ESCAPED = 2;

/** One splitter for one file: the fields of the newest row are overwritten by the next. */
export class RowSplitter {
  /** Fields of the row. */
  count: number;
  /** (count) offsets of the fields' first bytes and of the bytes behind them. */
  starts: Int32Array;
  ends: Int32Array;
  /** (count) PLAIN, QUOTED or ESCAPED. */
  forms: Uint8Array;
  /** Line breaks within the row's quoted fields. */
  innerLines: number;
  /** Something other than a delimiter follows a closing quote, or a quote is never closed. */
  malformed: boolean;
  readonly #delimiter: number;

  /** `delimiter` is the code of one ASCII character. */
  constructor(delimiter: number) {
    this.count = 0;
    this.starts = new Int32Array(FIELDS_FIRST);
    this.ends = new Int32Array(FIELDS_FIRST);
    this.forms = new Uint8Array(FIELDS_FIRST);
    this.innerLines = 0;
    this.malformed = false;
    this.#delimiter = delimiter;
  }

  /**
   * Splits the row that begins at `from`. Answers where the next one begins, or −1 when the bytes
   * end before the row does; with `last` nothing follows, and the end of the bytes ends the row.
   */
  next(bytes: Uint8Array, from: number, last: boolean): number {
    const delimiter = this.#delimiter;
    const length = bytes.length;
    this.count = 0;
    this.innerLines = 0;
    this.malformed = false;
    let at = this.#field(bytes, from);
    while (at < length && bytes[at] === delimiter) at = this.#field(bytes, at + 1);
    if (at < length && bytes[at] !== LF) {
      this.malformed = true;
      const end = bytes.indexOf(LF, at);
      at = end < 0 ? length : end;
    }
    if (at >= length && !last) return -1;
    this.#trimCarriageReturn(bytes);
    return Math.min(at + 1, length);
  }

  /** Answers the offset of what follows the field. */
  #field(bytes: Uint8Array, from: number): number {
    return bytes[from] === QUOTE ? this.#quoted(bytes, from) : this.#plain(bytes, from);
  }

  #plain(bytes: Uint8Array, from: number): number {
    const delimiter = this.#delimiter;
    const length = bytes.length;
    let at = from;
    while (at < length) {
      const byte = bytes[at];
      if (byte === delimiter || byte === LF) break;
      at++;
    }
    this.#add(from, at, PLAIN);
    return at;
  }

  #quoted(bytes: Uint8Array, from: number): number {
    const length = bytes.length;
    let form = QUOTED;
    let at = from + 1;
    for (; at < length; at++) {
      const byte = bytes[at];
      if (byte === LF) this.innerLines++;
      if (byte !== QUOTE) continue;
      if (bytes[at + 1] !== QUOTE) break;
      form = ESCAPED;
      at++;
    }
    this.#add(from + 1, Math.min(at, length), form);
    if (at >= length) {
      this.malformed = true;
      return length;
    }
    at++;
    return bytes[at] === CR && (at + 1 >= length || bytes[at + 1] === LF) ? at + 1 : at;
  }

  /** The carriage return before a line feed is no part of the last field. */
  #trimCarriageReturn(bytes: Uint8Array): void {
    const last = this.count - 1;
    const end = this.ends[last]!;
    if (this.forms[last] === PLAIN && end > this.starts[last]! && bytes[end - 1] === CR) {
      this.ends[last] = end - 1;
    }
  }

  #add(start: number, end: number, form: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.forms[this.count] = form;
    this.count++;
  }

  #grow(): void {
    const { starts, ends, forms } = this;
    this.starts = new Int32Array(starts.length * 2);
    this.ends = new Int32Array(ends.length * 2);
    this.forms = new Uint8Array(forms.length * 2);
    this.starts.set(starts);
    this.ends.set(ends);
    this.forms.set(forms);
  }
}
