import { InklingError } from '../protocol/errors.ts';

/**
 * Parsers of option values for commander; each refuses with `ERR_USAGE` and a sentence of its own.
 */

/** A whole number, written in digits. */
export function wholeNumberOption(option: string, bounds: { from: number; to: number }) {
  return (given: string): number => {
    const value = Number(given);
    if (/^\d{1,15}$/.test(given) && value >= bounds.from && value <= bounds.to) return value;
    const expected = `a whole number from ${bounds.from} to ${bounds.to}`;
    throw new InklingError('ERR_USAGE', `${option}: expected ${expected}, got ${show(given)}`);
  };
}

/** A path: any text but none at all. */
export function pathOption(option: string) {
  return (given: string): string => {
    if (given !== '' && !given.includes('\0')) return given;
    throw new InklingError('ERR_USAGE', `${option}: expected a path, got ${show(given)}`);
  };
}

function show(given: string): string {
  return JSON.stringify(given.length > 60 ? `${given.slice(0, 60)}…` : given);
}
