import { ByteReader, unreadable } from './byte-reader.ts';
import { type ByteWriter, DELTA_MAX } from './byte-writer.ts';
import type { EngineEvent, WeightsEvent } from './event.ts';
import { decodeReadings, encodeReadings } from './readings-codec.ts';

/**
 * Events as bytes and back, bit for bit. Each stands alone: what repeats is left out within an
 * event, never between two, so that any record of a journal can be read by itself.
 *
 *   1 byte   version (high four bits) and kind (low four)
 *   …        readings: see readings-codec
 *            tick: time · weights: group, version, digest, reason, loss, seconds
 *            checkpoint: group, version, loss · remove: stream, reason
 *
 * The weights of a weights event are not in it; they are kept beside the journal.
 */

const VERSION = 1;

const kinds = ['readings', 'tick', 'weights', 'checkpoint', 'remove'] as const;
const weightsReasons = ['published', 'rollback', 'diverged'] as const;
const removeReasons = ['deleted', 'expired'] as const;

/** A weights event whose weights lie elsewhere. */
type WeightsRecord = Omit<WeightsEvent, 'weights'>;

/** An event as it can be read from its bytes alone. */
export type StoredEvent = Exclude<EngineEvent, WeightsEvent> | WeightsRecord;

/** Appends the event's bytes. */
export function encodeEvent(event: StoredEvent, into: ByteWriter): void {
  into.u8((VERSION << 4) | kinds.indexOf(event.kind));
  switch (event.kind) {
    case 'readings':
      encodeReadings(event, into);
      break;
    case 'tick':
      encodeNumber(event.at, into);
      break;
    case 'weights':
      into.text(event.group, '');
      encodeNumber(event.version, into);
      into.text(event.digest, '');
      into.u8(weightsReasons.indexOf(event.reason));
      encodeNumber(event.loss, into);
      encodeNumber(event.seconds, into);
      break;
    case 'checkpoint':
      into.text(event.group, '');
      encodeNumber(event.version, into);
      encodeNumber(event.loss, into);
      break;
    case 'remove':
      into.text(event.stream, '');
      into.u8(removeReasons.indexOf(event.reason));
      break;
  }
}

/** The event of these bytes; ERR_JOURNAL_CORRUPT when they are none. */
export function decodeEvent(bytes: Uint8Array): StoredEvent {
  const from = new ByteReader(bytes);
  const head = from.u8();
  if (head >> 4 !== VERSION) throw unreadable(`it has version ${head >> 4}, not ${VERSION}`);
  const event = decodeKind(nameOf(kinds, head & 15), from);
  if (from.left > 0) throw unreadable(`${from.left} bytes follow it`);
  return event;
}

function decodeKind(kind: StoredEvent['kind'], from: ByteReader): StoredEvent {
  switch (kind) {
    case 'readings':
      return decodeReadings(from);
    case 'tick':
      return { kind, at: certainNumber(from) };
    case 'weights':
      return {
        kind,
        group: from.text(''),
        version: certainNumber(from),
        digest: from.text(''),
        reason: nameOf(weightsReasons, from.u8()),
        loss: decodeNumber(from),
        seconds: decodeNumber(from),
      };
    case 'checkpoint':
      return {
        kind,
        group: from.text(''),
        version: certainNumber(from),
        loss: certainNumber(from),
      };
    case 'remove':
      return { kind, stream: from.text(''), reason: nameOf(removeReasons, from.u8()) };
  }
}

/** 0: null · 1: a whole number as a varint · 2: eight bytes. */
function encodeNumber(value: number | null, into: ByteWriter): void {
  if (value === null) {
    into.u8(0);
  } else if (Number.isInteger(value) && Math.abs(value) < DELTA_MAX && !Object.is(value, -0)) {
    into.u8(1);
    into.delta(value);
  } else {
    into.u8(2);
    into.f64(value);
  }
}

function decodeNumber(from: ByteReader): number | null {
  const form = from.u8();
  if (form > 2) throw unreadable('a number has an unknown form');
  if (form === 0) return null;
  return form === 1 ? from.delta() : from.f64();
}

function certainNumber(from: ByteReader): number {
  const value = decodeNumber(from);
  if (value === null) throw unreadable('a number is missing');
  return value;
}

function nameOf<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw unreadable('it names something unknown');
  return name;
}
