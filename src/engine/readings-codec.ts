import type { Reading } from '../stream/reading.ts';
import { type ByteReader, unreadable } from './byte-reader.ts';
import { type ByteWriter, DELTA_MAX } from './byte-writer.ts';
import type { ReadingsEvent } from './event.ts';

/**
 * A batch of readings as bytes: 8 bytes of arrival, a count, then for each reading
 *
 *   1 byte   time (bits 0–1): 0 none · 1 difference from the time before · 2 eight bytes
 *            value (bits 2–3): 0 none · 1 thousandths as a whole number · 2 eight bytes
 *            bit 4: retained · bit 5: the unit changes · bit 6: the labels change
 *   stream   without what it has in common with the stream before
 *   time, value
 *   unit     when it changes: 0 for none, else 1 and the text
 *   labels   when they change: 0 for none, else their number + 1 and the texts
 *
 * Most sensors send few decimals: 21.5 takes three bytes as thousandths, and that form is only taken
 * where dividing gives the very same float64. Times count from the arrival on, units and labels from
 * null on.
 */

type Labels = Readonly<Record<string, string>> | null;

const ABSENT = 0;
const SHORT = 1;
const EXACT = 2;
const RETAINED = 16;
const UNIT = 32;
const LABELS = 64;

const THOUSANDTHS_MAX = 2 ** 31;
/** Flags, two lengths of the stream id. */
const READING_BYTES_MIN = 3;

export function encodeReadings({ arrivedAt, readings }: ReadingsEvent, into: ByteWriter): void {
  into.f64(arrivedAt);
  into.varint(readings.length);
  const before = beforeTheFirst(arrivedAt);
  for (const reading of readings) encodeReading(reading, before, into);
}

export function decodeReadings(from: ByteReader): ReadingsEvent {
  const arrivedAt = from.f64();
  const count = from.varint();
  if (count * READING_BYTES_MIN > from.left) throw unreadable('readings are missing');
  const readings: Reading[] = [];
  const before = beforeTheFirst(arrivedAt);
  for (let i = 0; i < count; i++) readings.push(decodeReading(before, from));
  return { kind: 'readings', arrivedAt, readings };
}

/** What the next reading is compared with. */
interface Before {
  stream: string;
  time: number;
  unit: string | null;
  labels: Labels;
}

function beforeTheFirst(arrivedAt: number): Before {
  return { stream: '', time: arrivedAt, unit: null, labels: null };
}

function encodeReading(reading: Reading, before: Before, into: ByteWriter): void {
  const { stream, time, value, unit, labels } = reading;
  const timeForm = formOfTime(time, before.time);
  const thousandths = thousandthsOf(value);
  const valueForm = value === null ? ABSENT : thousandths === null ? EXACT : SHORT;
  const marks =
    (reading.retained ? RETAINED : 0) |
    (unit === before.unit ? 0 : UNIT) |
    (sameLabels(labels, before.labels) ? 0 : LABELS);
  into.u8(timeForm | (valueForm << 2) | marks);
  into.text(stream, before.stream);
  before.stream = stream;
  if (time !== null) {
    if (timeForm === SHORT) into.delta(time - before.time);
    else into.f64(time);
    before.time = time;
  }
  if (thousandths !== null) into.delta(thousandths);
  else if (value !== null) into.f64(value);
  if ((marks & UNIT) !== 0) encodeUnit(unit, into);
  if ((marks & LABELS) !== 0) encodeLabels(labels, before.labels, into);
  before.unit = unit;
  before.labels = labels;
}

function decodeReading(before: Before, from: ByteReader): Reading {
  const flags = from.u8();
  if (flags >= 2 * LABELS) throw unreadable('a reading has unknown marks');
  const stream = from.text(before.stream);
  const time = decodeTime(flags & 3, before.time, from);
  const value = decodeValue((flags >> 2) & 3, from);
  if ((flags & UNIT) !== 0) before.unit = decodeUnit(from);
  if ((flags & LABELS) !== 0) before.labels = decodeLabels(before.labels, from);
  before.stream = stream;
  before.time = time ?? before.time;
  const { unit, labels } = before;
  return { stream, time, value, unit, retained: (flags & RETAINED) !== 0, labels };
}

function formOfTime(time: number | null, before: number): number {
  if (time === null) return ABSENT;
  const difference = time - before;
  const isExact =
    Math.abs(difference) < DELTA_MAX &&
    Number.isInteger(difference) &&
    before + difference === time &&
    !Object.is(time, -0);
  return isExact ? SHORT : EXACT;
}

function decodeTime(form: number, before: number, from: ByteReader): number | null {
  if (form === ABSENT) return null;
  if (form === SHORT) return before + from.delta();
  if (form === EXACT) return from.f64();
  throw unreadable('a time has an unknown form');
}

/** The value in thousandths; null when that would not give it back bit for bit. */
function thousandthsOf(value: number | null): number | null {
  if (value === null) return null;
  // Adding zero takes the sign from -0, which has none as a whole number.
  const scaled = Math.round(value * 1000) + 0;
  const isExact =
    scaled < THOUSANDTHS_MAX && scaled > -THOUSANDTHS_MAX && Object.is(scaled / 1000, value);
  return isExact ? scaled : null;
}

function decodeValue(form: number, from: ByteReader): number | null {
  if (form === ABSENT) return null;
  if (form === SHORT) return from.delta() / 1000;
  if (form === EXACT) return from.f64();
  throw unreadable('a value has an unknown form');
}

function encodeUnit(unit: string | null, into: ByteWriter): void {
  into.u8(unit === null ? 0 : 1);
  if (unit !== null) into.text(unit, '');
}

function decodeUnit(from: ByteReader): string | null {
  const mark = from.u8();
  if (mark > 1) throw unreadable('a unit has an unknown mark');
  return mark === 0 ? null : from.text('');
}

function sameLabels(labels: Labels, before: Labels): boolean {
  if (labels === before) return true;
  if (labels === null || before === null) return false;
  const [names, namesBefore] = [Object.keys(labels), Object.keys(before)];
  return (
    names.length === namesBefore.length &&
    names.every((name, i) => name === namesBefore[i] && labels[name] === before[name])
  );
}

/** Each text goes without what it has in common with the one in the same place before. */
function encodeLabels(labels: Labels, labelsBefore: Labels, into: ByteWriter): void {
  if (labels === null) {
    into.varint(0);
    return;
  }
  const before = Object.entries(labelsBefore ?? {});
  const entries = Object.entries(labels);
  into.varint(entries.length + 1);
  entries.forEach(([name, value], i) => {
    into.text(name, before[i]?.[0] ?? '');
    into.text(value, before[i]?.[1] ?? '');
  });
}

function decodeLabels(labelsBefore: Labels, from: ByteReader): Labels {
  const count = from.varint() - 1;
  if (count < 0) return null;
  const before = Object.entries(labelsBefore ?? {});
  const entries: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    const name = from.text(before[i]?.[0] ?? '');
    entries.push([name, from.text(before[i]?.[1] ?? '')]);
  }
  return Object.fromEntries(entries);
}
