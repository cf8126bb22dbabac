import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../pipeline/ports.ts';
import { InklingError } from '../../protocol/errors.ts';
import {
  claimAt,
  decodeCursor,
  findRecord,
  lineOfName,
  type OutboxCursor,
  type OutboxPlace,
  RECORD_HEADER_BYTES,
  recordAt,
} from './outbox-format.ts';

/** One file of lines. */
export interface OutboxSegment {
  readonly name: string;
  readonly first: OutboxPlace;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** Bytes that were written to the end; what may be behind them is never read. */
  size: number;
  /** Something in it could not be read: it is set aside instead of removed. */
  isDamaged: boolean;
}

export interface RecoveredOutbox {
  /** Ascending. */
  readonly segments: OutboxSegment[];
  /** The first line that is not acknowledged. */
  readonly read: OutboxPlace;
  /** Where the next line goes. */
  readonly next: OutboxPlace;
  /** Lines that should be there and are not. */
  readonly lost: number;
}

export const CURSOR_NAME = 'cursor';
const BEGINNING: OutboxPlace = { line: 0, byte: 0 };

/**
 * Finds out what a process before has left, and cuts a record that it could not write to the end.
 * It reads the last segment and the beginnings of the others, and does not wait: it is meant for
 * the start of the process. ERR_DATA_NOT_WRITABLE when the folder cannot be used.
 */
export function recoverOutbox(folder: string, log: Logger): RecoveredOutbox {
  try {
    mkdirSync(folder, { recursive: true });
    const segments = listSegments(folder);
    const cursor = readCursor(folder, log);
    const end = endOfLast(folder, segments, log);
    const done = cursor?.place ?? segments[0]?.first ?? BEGINNING;
    const next = later(done, end ?? BEGINNING);
    const read = later(done, segments[0]?.first ?? next);
    const lost = Math.max(0, read.line - done.line - (cursor?.dropped ?? 0));
    return { segments, read, next, lost };
  } catch (error) {
    throw new InklingError(
      'ERR_DATA_NOT_WRITABLE',
      `Expected an outbox for points at ${folder}, but got: ${(error as Error).message}.`,
      'Look after the permissions of that folder and the room on its disk.',
    );
  }
}

function listSegments(folder: string): OutboxSegment[] {
  const segments: OutboxSegment[] = [];
  let byte = 0;
  for (const name of readdirSync(folder).sort()) {
    const line = lineOfName(name);
    if (line === null) continue;
    const { size, mtimeMs } = statSync(join(folder, name));
    const claim = claimAt(readStart(join(folder, name)), 0);
    // The name tells the line; the rest is for metrics and ages, and may be rough where it is damaged.
    const isPlausible = claim !== null && claim.start.line === line;
    if (isPlausible) byte = claim.start.byte;
    const begunAt = isPlausible ? claim.writtenAt : mtimeMs;
    segments.push({ name, first: { line, byte }, begunAt, size, isDamaged: false });
  }
  return segments;
}

function readStart(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(RECORD_HEADER_BYTES);
    return start.subarray(0, readSync(file, start, 0, start.length, 0));
  } finally {
    closeSync(file);
  }
}

/** Null: there is none that can be understood; then every line that is there is sent (again). */
function readCursor(folder: string, log: Logger): OutboxCursor | null {
  const path = join(folder, CURSOR_NAME);
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const cursor = decodeCursor(text);
  if (cursor === null) {
    renameSync(path, `${path}.corrupt`);
    log.warn(
      { file: `${path}.corrupt` },
      'The cursor of the outbox for InfluxDB is damaged: all points in it are written again.',
    );
  }
  return cursor;
}

/** Cuts the last segment where its writer was interrupted; where the lines end, null: none are there. */
function endOfLast(folder: string, segments: OutboxSegment[], log: Logger): OutboxPlace | null {
  const last = segments.at(-1);
  if (last === undefined) return null;
  const path = join(folder, last.name);
  const { end, wholeBytes } = walk(readFileSync(path), last.first);
  if (wholeBytes < last.size) {
    const fields = { file: path, bytes: last.size - wholeBytes };
    log.warn(fields, 'Cut points off the outbox that were not written to their end.');
    truncateSync(path, wholeBytes);
    last.size = wholeBytes;
  }
  if (wholeBytes === 0) {
    unlinkSync(path);
    segments.pop();
  }
  return end;
}

/**
 * A record that is shorter than it says, at the end, was interrupted: it does not count. One that is
 * damaged, or has others behind it, is left for the reader to find and count.
 */
function walk(bytes: Buffer, first: OutboxPlace): { end: OutboxPlace; wholeBytes: number } {
  let end = first;
  let at = 0;
  while (at < bytes.length) {
    const found = recordAt(bytes, at);
    if (found.kind === 'whole') {
      end = found.lines.end;
      at += found.size;
      continue;
    }
    const behind = findRecord(bytes, at + 1);
    if (behind === null) {
      const claim = found.kind === 'damaged' ? found.claim : null;
      if (claim?.start.line !== end.line) break;
      return { end: claim.end, wholeBytes: bytes.length };
    }
    at = behind;
  }
  return { end, wholeBytes: at };
}

function later(a: OutboxPlace, b: OutboxPlace): OutboxPlace {
  return a.line >= b.line ? a : b;
}
