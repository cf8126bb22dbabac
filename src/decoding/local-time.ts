import { InklingError } from '../protocol/errors.ts';

/**
 * From wall-clock time in a zone to time since 1970. A clock reading that occurs twice (clocks set
 * back) is taken as the first; one that never occurs (clocks set forward) with the offset before
 * the change, so that it lies after it.
 */
export type LocalTime = (localMs: number) => number;

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
/** Offsets are remembered per quarter of an hour; when so many are, all are forgotten. */
const REMEMBERED_MAX = 4_096;

/**
 * The conversion for an IANA zone; throws `ERR_CONFIG_INVALID` when the platform does not know it.
 * Its argument are the milliseconds the wall clock shows, read as if it were UTC.
 */
export function compileLocalTime(timezone: string): LocalTime {
  const offsetAt = compileOffset(timezone);
  if (timezone === 'UTC') return (localMs) => localMs;
  // No zone has changed its offset within a quarter of an hour of wall time since 1970.
  const remembered = new Map<number, number>();
  return (localMs) => {
    const quarter = Math.floor(localMs / QUARTER_MS);
    let offset = remembered.get(quarter);
    if (offset === undefined) {
      offset = offsetOfLocal(quarter * QUARTER_MS, offsetAt);
      if (remembered.size === REMEMBERED_MAX) remembered.clear();
      remembered.set(quarter, offset);
    }
    return localMs - offset;
  };
}

function offsetOfLocal(localMs: number, offsetAt: (utcMs: number) => number): number {
  const before = offsetAt(localMs - DAY_MS);
  const after = offsetAt(localMs + DAY_MS);
  // The larger offset gives the earlier of two candidates.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (offsetAt(localMs - offset) === offset) return offset;
  }
  return before;
}

/** Milliseconds the zone is ahead of UTC at a time since 1970. */
function compileOffset(timezone: string): (utcMs: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new InklingError(
      'ERR_CONFIG_INVALID',
      `expected a time zone such as "Europe/Berlin", got "${timezone}"`,
    );
  }
  return (utcMs) => {
    const shown: Record<string, number> = {};
    for (const part of format.formatToParts(utcMs)) shown[part.type] = Number(part.value);
    const localMs = Date.UTC(
      shown['year']!,
      shown['month']! - 1,
      shown['day']!,
      shown['hour']!,
      shown['minute']!,
      shown['second']!,
    );
    return localMs - utcMs;
  };
}
