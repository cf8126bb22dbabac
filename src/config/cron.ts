/**
 * The form of a cron line: five fields (minute, hour, day of month, month, day of week), each a
 * list of `*`, numbers, names and ranges, with an optional step. Whether a date like 31 February
 * ever comes is not asked.
 */

interface Field {
  readonly from: number;
  readonly to: number;
  /** Names that stand for `from`, `from` + 1, … */
  readonly names: readonly string[];
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdays = 'sun mon tue wed thu fri sat'.split(' ');

const fields: readonly Field[] = [
  { from: 0, to: 59, names: [] },
  { from: 0, to: 23, names: [] },
  { from: 1, to: 31, names: [] },
  { from: 1, to: 12, names: months },
  { from: 0, to: 7, names: weekdays },
];

export function isCronLine(line: string): boolean {
  const parts = line.trim().split(/\s+/);
  if (parts.length !== fields.length) return false;
  return fields.every((field, index) =>
    parts[index]!.split(',').every((entry) => isEntry(entry, field)),
  );
}

function isEntry(entry: string, field: Field): boolean {
  const [range, step, ...rest] = entry.split('/');
  if (rest.length > 0) return false;
  if (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0)) return false;
  if (range === '*') return true;
  const ends = range!.split('-').map((text) => numberOf(text, field));
  if (ends.length > 2 || ends.some((end) => end === null)) return false;
  return ends.length === 1 || ends[0]! <= ends[1]!;
}

function numberOf(text: string, field: Field): number | null {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return field.from + named;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= field.from && value <= field.to ? value : null;
}
