/**
 * Writes JSON number arrays as ASCII bytes, rounded to a number of significant digits.
 * A forecast is a few hundred numbers, and formatting doubles is what its encoding costs: writing
 * the digits of the rounded integer is six times faster than asking for the shortest double.
 *
 *   20.120417 at 7 digits: decade 1, scale 10^5, integer 2012042 → bytes 2 0 . 1 2 0 4 2
 *
 * The fast way holds while the rounded integer fits 31 bits and the scale is a power of ten that a
 * double holds exactly; everything else takes the slow, exact way. Rounding never swaps two numbers:
 * within a decade all are scaled alike, and no number is rounded beyond its decade's end.
 */
/** What Node and browsers both have; this floor is compiled without the types of either. */
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

const BYTES_PER_NUMBER_MAX = 26;
/** 10⁻³⁰ … 10³⁰. */
const POWERS = Float64Array.from({ length: 61 }, (_, index) => Number(`1e${index - 30}`));
const ONE = 30;
/** Largest scale that a double holds exactly. */
const SCALE_EXPONENT_MAX = 22;
const FAST_DIGITS_MAX = 9;
const FAST_MAGNITUDE_MIN = 1e-12;
const FAST_MAGNITUDE_MAX = 1e9;

const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;

export class DecimalWriter {
  #bytes: Uint8Array;
  #end: number;
  /** Decade of the number before: neighbours in a forecast mostly share it. */
  #decade: number;
  readonly #decoder: TextDecoder;

  constructor() {
    this.#bytes = new Uint8Array(4096);
    this.#end = 0;
    this.#decade = 0;
    this.#decoder = new TextDecoder();
  }

  /** `[1.5,2,null]`: every number at `digits` significant digits (1 to 17); not finite: null. */
  list(values: ArrayLike<number>, digits: number): string {
    this.#reserve(2 + values.length * (BYTES_PER_NUMBER_MAX + 1));
    this.#end = 0;
    this.#bytes[this.#end++] = 91;
    for (let index = 0; index < values.length; index++) {
      if (index > 0) this.#bytes[this.#end++] = COMMA;
      this.#number(values[index]!, digits);
    }
    this.#bytes[this.#end++] = 93;
    return this.#decoder.decode(this.#bytes.subarray(0, this.#end));
  }

  #number(value: number, digits: number): void {
    let magnitude = value;
    if (value < 0) {
      this.#bytes[this.#end++] = MINUS;
      magnitude = -value;
    }
    const small = (magnitude | 0) === magnitude;
    if (small && magnitude < POWERS[ONE + Math.min(digits, FAST_DIGITS_MAX)]!) {
      this.#integer(magnitude);
    } else if (
      digits <= FAST_DIGITS_MAX &&
      magnitude >= FAST_MAGNITUDE_MIN &&
      magnitude < FAST_MAGNITUDE_MAX
    ) {
      this.#rounded(magnitude, digits);
    } else {
      this.#exact(magnitude, digits);
    }
  }

  #rounded(magnitude: number, digits: number): void {
    let decade = this.#decade;
    while (magnitude >= POWERS[ONE + decade + 1]!) decade++;
    while (magnitude < POWERS[ONE + decade]!) decade--;
    this.#decade = decade;
    let decimals = digits - 1 - decade;
    if (decimals < 0 || decimals > SCALE_EXPONENT_MAX) {
      this.#exact(magnitude, digits);
      return;
    }
    let rest = Math.round(magnitude * POWERS[ONE + decimals]!) | 0;
    while (decimals > 0) {
      const tenth = (rest / 10) | 0;
      if (tenth * 10 !== rest) break;
      rest = tenth;
      decimals--;
    }
    if (decimals === 0) this.#integer(rest);
    else this.#fraction(rest, decimals);
  }

  /** `integer` / 10^decimals, with at least one digit before the point. */
  #fraction(integer: number, decimals: number): void {
    const bytes = this.#bytes;
    let rest = integer;
    const length = Math.max(digitCount(rest), decimals + 1);
    const start = this.#end;
    let at = start + length;
    this.#end = at + 1;
    for (let left = decimals; left > 0; left--) {
      const tenth = (rest / 10) | 0;
      bytes[at--] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    bytes[at--] = POINT;
    do {
      const tenth = (rest / 10) | 0;
      bytes[at--] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (at >= start);
  }

  #integer(integer: number): void {
    let rest = integer;
    let at = this.#end + digitCount(rest) - 1;
    const start = this.#end;
    this.#end = at + 1;
    do {
      const tenth = (rest / 10) | 0;
      this.#bytes[at--] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (at >= start);
  }

  #exact(magnitude: number, digits: number): void {
    const finite = Number.isFinite(magnitude);
    // The sign of −∞ is already written; null has none.
    if (!finite && magnitude > 0 && this.#bytes[this.#end - 1] === MINUS) this.#end--;
    const rounded = Number(magnitude.toPrecision(digits));
    // Next to the largest double, rounding up would leave the range: then it stays as it is.
    const text = finite ? String(Number.isFinite(rounded) ? rounded : magnitude) : 'null';
    for (let index = 0; index < text.length; index++) {
      this.#bytes[this.#end++] = text.charCodeAt(index);
    }
  }

  #reserve(bytes: number): void {
    if (bytes > this.#bytes.length) this.#bytes = new Uint8Array(2 * bytes);
  }
}

/** Decimal digits of a whole number below 2³¹; 0 has one. */
function digitCount(integer: number): number {
  let count = 1;
  for (let bound = 10; count < 10 && integer >= bound; bound *= 10) count++;
  return count;
}
