import { dayMs, hourMs } from './device.ts';

/**
 * Where the simulated devices stand: a house and a small plant near Munich. Local time is UTC+1
 * all year; daylight saving is left out, so that a simulated day always has 24 hours.
 */

export const latitudeDegrees = 48.1;
export const longitudeDegrees = 11.6;
const localOffsetMs = hourMs;

/** Number of the local day since 1970; it changes at local midnight. */
export function localDay(time: number): number {
  return Math.floor((time + localOffsetMs) / dayMs);
}

/** Local midnight that begins the day, in ms since 1970. */
export function localDayStart(day: number): number {
  return day * dayMs - localOffsetMs;
}

/** Hours since local midnight, in [0, 24). */
export function localHour(time: number): number {
  return (time - localDayStart(localDay(time))) / hourMs;
}

/** 0 is Monday, 6 is Sunday. */
export function localWeekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Position in the year in [0, 1); 0 is about the first of January. */
export function yearPhase(time: number): number {
  const years = time / (365.2425 * dayMs);
  return years - Math.floor(years);
}
