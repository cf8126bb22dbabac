/**
 * What a single value says: a finite number, null for a value known to be missing, or undefined
 * when it is no reading at all. Missing is what devices send for a sensor that did not answer:
 * null, "nan", "None", "null", "inf" in any case and sign, and numbers beyond the largest double.
 */
export type Scalar = number | null | undefined;

// Written so that no text makes it backtrack: each digit has one place to go.
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const MISSING = /^\s*(?:none|null|[+-]?(?:nan|inf|infinity))\s*$/i;
const MISSING_LENGTH_MAX = 64;

/** A value of JSON as a reading: numbers, booleans as 1 and 0, null, and texts that are numbers. */
export function readScalar(raw: unknown): Scalar {
  if (typeof raw === 'number') return finite(raw);
  if (typeof raw === 'string') return readNumericText(raw);
  if (typeof raw === 'boolean') return raw ? 1 : 0;
  return raw === null ? null : undefined;
}

/** A decimal number in a text, with white space around it or not; no hexadecimal, no comma. */
export function readNumericText(text: string): Scalar {
  if (NUMBER.test(text)) return finite(Number(text));
  return text.length <= MISSING_LENGTH_MAX && MISSING.test(text) ? null : undefined;
}

/** A payload that is one word: as `readNumericText`, and true/on is 1, false/off is 0, any case. */
export function readWord(text: string): Scalar {
  const number = readNumericText(text);
  if (number !== undefined || text.length > MISSING_LENGTH_MAX) return number;
  switch (text.trim().toLowerCase()) {
    case 'true':
    case 'on':
      return 1;
    case 'false':
    case 'off':
      return 0;
    default:
      return undefined;
  }
}

/** Adding zero turns −0 into 0, which JSON cannot carry and no sensor means. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}
