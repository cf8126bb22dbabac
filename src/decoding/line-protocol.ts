import {
  BAD_TIME,
  type Fault,
  type Harvest,
  isTooMuch,
  type Leaf,
  NO_READING,
  refuse,
  TOO_MANY,
} from './harvest.ts';
import { LineScanner } from './line-scanner.ts';
import { timeFromNumber } from './reading-time.ts';
import { readNumericText } from './scalar.ts';
import { encodeLevel } from './stream-id.ts';

/**
 * InfluxDB's line protocol, as Telegraf and others publish it.
 *
 *     weather,location=us,station=7 temperature=82,wind=4i,ok=t 1465839830100400200
 *       →  weather,location=us,station=7.temperature  82      weather,….wind  4      weather,….ok  1
 *
 * The key of a field is `<measurement>.<field>`. Two lines that differ in a tag are two sensors, so
 * tags go into the key behind the measurement, in ascending order of their names; only those which
 * the source's stream template names (`{location}/{key}`) go into the id there, and become labels.
 * Fields: numbers (suffix i or u for integers), booleans, quoted texts that are numbers, NaN and
 * its like as missing; other texts are no readings. Timestamps go by magnitude, as everywhere.
 * Blank lines and those that start with `#` are skipped; a line that cannot be read is one fault.
 */
export interface LineProtocolOptions {
  /** Tags that the stream template names. */
  readonly tagNames: readonly string[];
}

type Pair = readonly [name: string, value: string];

interface Line {
  readonly measurement: string;
  readonly tags: readonly Pair[];
  /** Values of numeric fields; null: missing. Fields with other texts are left out. */
  readonly fields: readonly (readonly [name: string, value: number | null])[];
  /** As written; empty: none. */
  readonly timestamp: string;
}

const TRUE = /^(?:t|T|true|True|TRUE)$/;
const FALSE = /^(?:f|F|false|False|FALSE)$/;
const INTEGER = /^[+-]?\d+[iu]$/;
const TIMESTAMP = /^-?\d+$/;

/** What the text of one line is when it is no line protocol. */
export const BAD_LINE: Fault = {
  code: 'ERR_PAYLOAD_NOT_READABLE',
  message: 'expected a line "measurement,tag=value field=1 timestamp", got something else',
};

/** Reads every line; bad ones are faults beside the leaves of the others. */
export function readLineProtocol(text: string, options: LineProtocolOptions): Harvest {
  const harvest: Harvest = { leaves: [], faults: [] };
  const scanner = new LineScanner(text);
  while (!scanner.isAtEnd) {
    const start = scanner.position;
    scanner.skipSpace();
    if (scanner.isAtLineEnd || scanner.take('#')) {
      scanner.skipLineOf(scanner.position);
      continue;
    }
    const line = scanLine(scanner);
    const fault = line === null ? BAD_LINE : addLine(line, options, harvest);
    scanner.skipLineOf(line === null ? start : scanner.position);
    if (fault !== null) harvest.faults.push(fault);
    if (isTooMuch(harvest)) return refuse(TOO_MANY);
  }
  return harvest.leaves.length + harvest.faults.length === 0 ? refuse(NO_READING) : harvest;
}

/** One line up to its end; null when it is none. */
function scanLine(scanner: LineScanner): Line | null {
  const measurement = scanner.token(', ');
  const tags = scanTags(scanner);
  if (measurement === '' || tags === null || !scanner.skipSpace()) return null;
  const fields = scanFields(scanner);
  if (fields === null) return null;
  const timestamp = scanner.skipSpace() ? scanner.token(' \t') : '';
  scanner.skipSpace();
  if (!scanner.isAtLineEnd || (timestamp !== '' && !TIMESTAMP.test(timestamp))) return null;
  return { measurement, tags, fields, timestamp };
}

function scanTags(scanner: LineScanner): Pair[] | null {
  const tags: Pair[] = [];
  while (scanner.take(',')) {
    const name = scanner.token(',= ');
    if (name === '' || !scanner.take('=')) return null;
    const value = scanner.token(',= ');
    if (value === '') return null;
    tags.push([name, value]);
  }
  return tags.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

function scanFields(scanner: LineScanner): Line['fields'] | null {
  const fields: (readonly [string, number | null])[] = [];
  do {
    const name = scanner.token(',= ');
    if (name === '' || !scanner.take('=')) return null;
    const value = scanFieldValue(scanner);
    if (value === 'bad') return null;
    if (value !== 'text') fields.push([name, value]);
  } while (scanner.take(','));
  return fields;
}

function scanFieldValue(scanner: LineScanner): number | null | 'text' | 'bad' {
  if (scanner.isNext('"')) {
    const text = scanner.quoted();
    if (text === null) return 'bad';
    const inner = readNumericText(text);
    return inner === undefined ? 'text' : inner;
  }
  const raw = scanner.token(', \t');
  if (TRUE.test(raw)) return 1;
  if (FALSE.test(raw)) return 0;
  const number = readNumericText(INTEGER.test(raw) ? raw.slice(0, -1) : raw);
  return number === undefined ? 'bad' : number;
}

function addLine(line: Line, options: LineProtocolOptions, harvest: Harvest): Fault | null {
  if (line.fields.length === 0) return NO_READING;
  const time = line.timestamp === '' ? null : timeFromNumber(Number(line.timestamp));
  if (Number.isNaN(time)) return BAD_TIME;
  const named = line.tags.filter(([name]) => options.tagNames.includes(name));
  // Object.fromEntries makes own properties of any name, `__proto__` included.
  const tags: Leaf['tags'] = named.length === 0 ? null : Object.fromEntries(named);
  const series = line.tags
    .filter(([name]) => !options.tagNames.includes(name))
    .map(([name, value]) => `,${encodeLevel(name)}=${encodeLevel(value)}`);
  const prefix = `${encodeLevel(line.measurement)}${series.join('')}.`;
  for (const [name, value] of line.fields) {
    harvest.leaves.push({ key: prefix + encodeLevel(name), value, time, unit: null, tags });
  }
  return null;
}
