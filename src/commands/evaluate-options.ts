import { type BaselineName, baselineNames } from '../evaluation/baselines/create-baseline.ts';
import type { Join } from '../evaluation/recorded-rows.ts';
import { InklingError } from '../protocol/errors.ts';
import { HORIZON_MAX } from '../stream/leads.ts';

/** Values of the options of `inkling evaluate`; each refuses with `ERR_USAGE`. */

export type ModelName = 'inkling' | BaselineName;

const HORIZONS_MAX = 16;

/** Horizons in steps, ascending and without repeats: `1,24,48`. */
export function horizonsOption(given: string): number[] {
  const parts = given.split(',');
  const horizons = parts.map(Number);
  const areSteps = parts.every((part) => /^\d{1,4}$/.test(part));
  const areInRange = horizons.every((steps) => steps >= 1 && steps <= HORIZON_MAX);
  if (!areSteps || !areInRange || parts.length > HORIZONS_MAX) {
    refuse('--horizons', `up to ${HORIZONS_MAX} whole numbers from 1 to ${HORIZON_MAX}`, given);
  }
  return [...new Set(horizons)].sort((a, b) => a - b);
}

/** Models by name; the engine always takes part. */
export function modelsOption(given: string): ModelName[] {
  const names = given.split(',');
  if (names.includes('no-lstm')) {
    const message =
      '--models: "no-lstm" is not there: the forecast has no part without the LSTM yet';
    throw new InklingError('ERR_USAGE', message);
  }
  const known: readonly string[] = ['inkling', 'all', ...baselineNames];
  for (const name of names) {
    if (!known.includes(name)) refuse('--models', `names out of ${known.join(', ')}`, name);
  }
  const isTaken = (name: string) => names.includes('all') || names.includes(name);
  return ['inkling', ...baselineNames.filter(isTaken)];
}

/** Adds `COLUMN@ROW` to those given before; rows count from 0. */
export function joinOption(given: string, before: readonly Join[]): Join[] {
  const match = /^(.+)@(\d{1,12})$/s.exec(given);
  if (match === null) return refuse('--join', 'COLUMN@ROW, with the row from 0', given);
  return [...before, { column: match[1]!, row: Number(match[2]) }];
}

/** A share from 0 to 0.9. */
export function shareOption(option: string) {
  return (given: string): number => {
    const share = Number(given);
    if (/^\d?(?:\.\d{1,9})?$/.test(given) && given !== '' && share <= 0.9) return share;
    return refuse(option, 'a share from 0 to 0.9', given);
  };
}

/** Any finite number. */
export function numberOption(option: string) {
  return (given: string): number => {
    const value = Number(given);
    if (given.trim() !== '' && Number.isFinite(value)) return value;
    return refuse(option, 'a number', given);
  };
}

function refuse(option: string, expected: string, given: string): never {
  const shown = JSON.stringify(given.length > 60 ? `${given.slice(0, 60)}…` : given);
  throw new InklingError('ERR_USAGE', `${option}: expected ${expected}, got ${shown}`);
}
