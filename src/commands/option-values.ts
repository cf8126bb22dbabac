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

/** A broker's address. */
export function brokerUrlOption(option: string) {
  return (given: string): string => {
    const url = URL.canParse(given) ? new URL(given) : null;
    const isBroker = url !== null && /^(?:mqtts?|wss?):$/.test(url.protocol) && url.hostname !== '';
    if (isBroker) return given;
    const expected = 'a URL such as mqtt://127.0.0.1:1883';
    throw new InklingError('ERR_USAGE', `${option}: expected ${expected}, got ${show(given)}`);
  };
}

/** How many times faster than real: a number above 0, or `max`. */
export function speedOption(option: string) {
  return (given: string): number | 'max' => {
    if (given === 'max') return 'max';
    const speed = Number(given);
    if (/^\d{1,9}(?:\.\d{1,9})?$/.test(given) && speed > 0) return speed;
    const expected = '"max" or a number above 0';
    throw new InklingError('ERR_USAGE', `${option}: expected ${expected}, got ${show(given)}`);
  };
}

function show(given: string): string {
  return JSON.stringify(given.length > 60 ? `${given.slice(0, 60)}…` : given);
}
