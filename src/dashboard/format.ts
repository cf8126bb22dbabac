/**
 * How numbers, times and shares are written on the page. Pure; times are in the reader's own time
 * zone.
 */

const minus = '\u2212';
const unknown = '–';

/**
 * Five significant digits, fewer when they are zeros, more when they stand before the point; powers
 * of ten from a thousand million on and below a thousandth.
 */
export function formatValue(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return unknown;
  return digitsOf(value).replaceAll('-', minus);
}

function digitsOf(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(2);
  return String(size >= 1e5 ? Math.round(value) : Number(value.toPrecision(5)));
}

export function formatWithUnit(value: number | null, unit: string | null): string {
  const text = formatValue(value);
  return unit === null || unit === '' || value === null ? text : `${text}\u00a0${unit}`;
}

/** A share in [0, 1] as a percentage with one digit after the point where it says something. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return unknown;
  return `${String(Number((share * 100).toFixed(1))).replace('-', minus)}\u00a0%`;
}

const durationUnits: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/**
 * The largest unit that holds at least once, and the next one where it adds something: "1 h 30
 * min".
 */
export function formatDuration(ms: number): string {
  const start = durationUnits.findIndex(([unitMs]) => ms >= unitMs);
  if (start === -1) return `${Math.max(0, Math.round(ms))}\u00a0ms`;
  const [majorMs, majorName] = durationUnits[start]!;
  const minor = durationUnits[start + 1];
  if (minor === undefined) return `${Number((ms / majorMs).toFixed(1))}\u00a0${majorName}`;
  // Rounded in the smaller unit first: what is a second short of two hours must not read "1 h 60
  // min".
  const minorCount = Math.round(ms / minor[0]);
  const larger = durationUnits[start - 1];
  const roundedMs = minorCount * minor[0];
  if (larger !== undefined && roundedMs >= larger[0]) return formatDuration(roundedMs);
  const perMajor = majorMs / minor[0];
  const major = `${Math.floor(minorCount / perMajor)}\u00a0${majorName}`;
  const rest = minorCount % perMajor;
  return rest === 0 ? major : `${major} ${rest}\u00a0${minor[1]}`;
}

/** "14:05:09" on the day of `now`, "3 Mar, 14:05:09" on others. */
export function formatMoment(t: number, now: number): string {
  const clock = formatClock(t, true);
  return sameDay(t, now) ? clock : `${formatDay(t)}, ${clock}`;
}

function formatClock(t: number, seconds: boolean): string {
  const date = new Date(t);
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function formatDay(t: number): string {
  const date = new Date(t);
  return `${date.getDate()} ${months[date.getMonth()]}`;
}

/**
 * Labels of a time axis whose ticks are `incrementMs` apart: clock times, with the day below the
 * first and below each that begins another day; days alone when the ticks are days.
 */
export function formatTicks(ticks: readonly number[], incrementMs: number): string[] {
  if (incrementMs >= 86_400_000) return ticks.map(formatDay);
  return ticks.map((t, index) => {
    const clock = formatClock(t, incrementMs < 60_000);
    const previous = ticks[index - 1];
    return previous !== undefined && sameDay(previous, t) ? clock : `${clock}\n${formatDay(t)}`;
  });
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** "31 % less error than …": what skill means, in words. */
export function describeSkill(skill: number | null): string {
  if (skill === null) return 'Not measured yet.';
  const share = formatShare(Math.abs(skill));
  if (Math.abs(skill) < 0.005) return 'As good as the best naive forecast.';
  return skill > 0
    ? `${share} less error than the best naive forecast.`
    : `${share} more error than the best naive forecast.`;
}
