import { compileLocalTime, type LocalTime } from '../../decoding/local-time.ts';
import { compileTimeReader, type TimeReader, timeFromNumber } from '../../decoding/reading-time.ts';
import { readWord, type Scalar } from '../../decoding/scalar.ts';

/**
 * What the bytes of a field say. Most fields are short decimal numbers and times of one form, which
 * are read here without making a text of them; all others take the readers of payloads.
 *
 *   12.48   =  1248 / 10²     exact: both are whole numbers below 2⁵³ and 10²², so the quotient is
 *                             the double nearest to what is written, as `Number` would have it
 */

const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const SPACE = 32;
const TAB = 9;
const ZERO = 48;
const COLON = 58;
const LETTER_T = 84;
const ZULU = 90;
const MANTISSA_END = 2 ** 53;
const DECIMALS_MAX = 22;
const powersOfTen = Float64Array.from({ length: DECIMALS_MAX + 1 }, (_, n) => Number(`1e${n}`));
const MISSING_WORD = /^\s*(?:n\/?a|#n\/a)?\s*$/i;

/** Reads `bytes[start, end)` as a value: a finite number, null when missing, undefined when neither. */
export function readValue(bytes: Buffer, start: number, end: number): Scalar {
  if (start === end) return null;
  const number = decimalOf(bytes, start, end);
  if (!Number.isNaN(number)) return number;
  return valueOfText(bytes.toString('utf8', start, end));
}

/** As `readValue`, of a text; white space, `NA` and `N/A` in any case are missing values too. */
export function valueOfText(text: string): Scalar {
  return MISSING_WORD.test(text) ? null : readWord(text);
}

/** A decimal number without an exponent, with blanks around it or not; NaN when it is anything else. */
function decimalOf(bytes: Buffer, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  const isSigned = bytes[start] === MINUS || bytes[start] === PLUS;
  const size = magnitudeOf(bytes, isSigned ? start + 1 : start, end);
  // Subtracting from zero, so that −0 becomes 0.
  return bytes[start] === MINUS ? 0 - size : size;
}

/** Digits with one point among them or none. */
function magnitudeOf(bytes: Buffer, start: number, end: number): number {
  let mantissa = 0;
  let point = -1;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (bytes[at] === POINT && point < 0) point = at;
    else return Number.NaN;
  }
  const decimals = point < 0 ? 0 : end - point - 1;
  if (end - start - (point < 0 ? 0 : 1) <= 0) return Number.NaN;
  // A mantissa that has passed 2⁵³ has lost digits, and it never gets smaller again.
  if (mantissa < MANTISSA_END && decimals <= DECIMALS_MAX) {
    return mantissa / powersOfTen[decimals]!;
  }
  const value = Number(bytes.toString('latin1', start, end));
  return Number.isFinite(value) ? value : Number.NaN;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Reads times of fields; remembers the day of the last one, since rows follow each other in time. */
export class FieldTime {
  readonly #readText: TimeReader;
  readonly #local: LocalTime;
  /** `YYYYMMDD` of the day remembered, and its midnight as if it were UTC. */
  #day: number;
  #midnight: number;

  /** Texts without an offset are in `timezone`, an IANA name. */
  constructor(timezone: string) {
    this.#readText = compileTimeReader(timezone);
    this.#local = compileLocalTime(timezone);
    this.#day = -1;
    this.#midnight = Number.NaN;
  }

  /** Whole ms since 1970; null: the field is empty or says "missing"; NaN: it is no time. */
  read(bytes: Buffer, start: number, end: number): number | null {
    if (start === end) return null;
    const time = this.#plainTime(bytes, start, end);
    return Number.isNaN(time) ? this.readText(bytes.toString('utf8', start, end)) : time;
  }

  readText(text: string): number | null {
    return valueOfText(text) === null ? null : this.#readText(text);
  }

  /** A date with a time of day, or a number of digits; NaN when it is neither, or needs more care. */
  #plainTime(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length < 19) return timeFromNumber(decimalOf(bytes, start, end));
    const clockMs = this.#clockMs(bytes, start);
    const isUtc = bytes[end - 1] === ZULU;
    const fraction = isUtc ? length - 20 : length - 19;
    if (fraction !== 0 && !(fraction === 4 && bytes[start + 19] === POINT)) return Number.NaN;
    const ms = fraction === 0 ? 0 : digitsOf(bytes, start + 20, 3);
    return (isUtc ? clockMs : this.#local(clockMs)) + ms;
  }

  /** `YYYY-MM-DD HH:MM:SS`, with a space or a T, as if it were UTC. */
  #clockMs(bytes: Buffer, start: number): number {
    const year = digitsOf(bytes, start, 4);
    const month = digitsOf(bytes, start + 5, 2);
    const date = digitsOf(bytes, start + 8, 2);
    const hour = digitsOf(bytes, start + 11, 2);
    const minute = digitsOf(bytes, start + 14, 2);
    const second = digitsOf(bytes, start + 17, 2);
    // What is rare or wrong (leap seconds, the 30th of February) is left to the careful reader.
    const isPlain = isPunctuated(bytes, start) && year >= 1971 && year < 2199;
    if (!(isPlain && hour < 24 && minute < 60 && second < 60)) return Number.NaN;
    return this.#midnightOf(year, month, date) + ((hour * 60 + minute) * 60 + second) * 1e3;
  }

  #midnightOf(year: number, month: number, date: number): number {
    const day = (year * 100 + month) * 100 + date;
    if (day !== this.#day) {
      const midnight = Date.UTC(year, month - 1, date);
      const isDate = month >= 1 && month <= 12 && new Date(midnight).getUTCDate() === date;
      this.#day = day;
      this.#midnight = isDate ? midnight : Number.NaN;
    }
    return this.#midnight;
  }
}

function isPunctuated(bytes: Buffer, start: number): boolean {
  const separator = bytes[start + 10];
  return (
    bytes[start + 4] === MINUS &&
    bytes[start + 7] === MINUS &&
    (separator === SPACE || separator === LETTER_T) &&
    bytes[start + 13] === COLON &&
    bytes[start + 16] === COLON
  );
}

/** NaN when one of them is no digit. */
function digitsOf(bytes: Buffer, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}
