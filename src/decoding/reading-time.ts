import { compileLocalTime, type LocalTime } from './local-time.ts';
import { readNumericText } from './scalar.ts';

/**
 * The time a reading carries, under one of these keys in any case:
 * t, ts, time, timestamp, epoch, unixtime, last_seen, datetime.
 *
 *     number or numeric text    by magnitude: < 1e11 s, < 1e14 ms, < 1e17 µs, else ns
 *     ISO 8601                  2026-11-22T17:18:16.123Z, …+02:00, …T171816Z
 *     without an offset         2026-11-22T17:18:16, 2026-11-22 17:18, 2026-11-22: the source's zone
 *
 * Results are whole milliseconds, rounded to the nearest, from 1970 up to but not including 2200.
 */
export type TimeReader = (raw: unknown) => number | null;

const TIME_KEYS: ReadonlySet<string> = new Set([
  't',
  'ts',
  'time',
  'timestamp',
  'epoch',
  'unixtime',
  'last_seen',
  'datetime',
]);
const TIME_KEY_LENGTH_MAX = 9;
const FIRST_LETTER = /^[tuled]/i;

/** The first of January 2200. */
const TIME_END_MS = 7_258_118_400_000;

const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
/** Beyond this no text is read as a time. */
const TIME_TEXT_LENGTH_MAX = 64;

/** True for the keys under which an object carries its time. */
export function isTimeKey(key: string): boolean {
  // Most keys are none, and their first letter tells: cheaper than lower case and a look-up.
  if (key.length > TIME_KEY_LENGTH_MAX || !FIRST_LETTER.test(key)) return false;
  return TIME_KEYS.has(key.toLowerCase());
}

/**
 * A reader of times for a source whose texts without an offset are in `timezone` (an IANA name).
 * It answers null for null or undefined (no time is carried) and NaN for what is no time or lies
 * outside 1970 to 2199 (`ERR_READING_TIME`). Throws `ERR_CONFIG_INVALID` for an unknown zone.
 */
export function compileTimeReader(timezone: string): TimeReader {
  const localTime = compileLocalTime(timezone);
  return (raw) => {
    if (typeof raw === 'number') return timeFromNumber(raw);
    if (raw === null || raw === undefined) return null;
    if (typeof raw !== 'string' || raw.length > TIME_TEXT_LENGTH_MAX) return Number.NaN;
    const number = readNumericText(raw);
    if (number === null) return Number.NaN;
    return number === undefined ? timeFromIso(raw.trim(), localTime) : timeFromNumber(number);
  };
}

/** Whole milliseconds since 1970 from a number in seconds to nanoseconds; NaN out of range. */
export function timeFromNumber(number: number): number {
  if (!(number >= 0)) return Number.NaN;
  if (number < 1e11) return bounded(Math.round(number * 1e3));
  if (number < 1e14) return bounded(Math.round(number));
  if (number < 1e17) return bounded(Math.round(number / 1e3));
  return bounded(Math.round(number / 1e6));
}

function timeFromIso(text: string, localTime: LocalTime): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const midnight = Date.UTC(year!, month! - 1, day!);
  const isDate = month! >= 1 && month! <= 12 && new Date(midnight).getUTCDate() === day;
  if (!isDate || !isTimeOfDay(hour!, minute!, second!)) return Number.NaN;
  const fractionMs = Number(`0.${match[7] ?? 0}`) * 1e3;
  const clockMs = midnight + ((hour! * 60 + minute!) * 60 + second!) * 1e3 + Math.round(fractionMs);
  const zone = match[8];
  return bounded(zone === undefined ? localTime(clockMs) : clockMs - offsetMs(zone));
}

/** ISO 8601 has 24:00:00 for the end of a day and :60 for a leap second, which runs into the next. */
function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  if (hour === 24) return minute === 0 && second === 0;
  return hour < 24 && minute < 60 && second <= 60;
}

function offsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  if (hours > 18 || minutes > 59) return Number.NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function bounded(timeMs: number): number {
  return timeMs >= 0 && timeMs < TIME_END_MS ? timeMs : Number.NaN;
}
