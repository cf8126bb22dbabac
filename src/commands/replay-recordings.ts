import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { OrderedPublisher } from '../adapters/mqtt/ordered-publisher.ts';
import type { CsvFile, CsvRow } from '../evaluation/csv/csv-reader.ts';
import type { Clock } from '../pipeline/ports.ts';
import { BrokerPatience } from './broker-patience.ts';
import { MessageQueue } from './message-queue.ts';
import { Pace, type Speed, waitFor } from './pace.ts';
import type { ProgressState } from './progress.ts';

/**
 * Publishes recorded files as their devices would have: row by row, each column to its own topic.
 *
 *   file ─▶ rows ─▶ pace ─▶ queue ─▶ in flight ─▶ acknowledged
 *                           both bounded: the file is read no faster than the broker takes
 */

export interface Recording {
  readonly path: string;
  readonly file: CsvFile;
}

export interface ReplayOptions {
  readonly recordings: readonly Recording[];
  readonly url: string;
  readonly qos: 0 | 1;
  readonly speed: Speed;
  readonly clock: Clock;
  /** Aborted: stop, with what was sent acknowledged. */
  readonly signal: AbortSignal;
  /** Told a few times a second. */
  readonly onProgress: (state: ProgressState) => void;
}

const queuedMax = 1_000;
const inFlightMax = 1_000;
const reconnectMs = 500;
const drainMs = 2_000;
const progressMs = 200;
/** How often the end is looked for. */
const drainStepMs = 5;

/**
 * Resolves to the number of readings that the broker acknowledged: all, or, when stopped, those
 * sent by then. Rejects with ERR_BROKER_UNREACHABLE, or with what is wrong in a file.
 */
export async function replayRecordings(options: ReplayOptions): Promise<number> {
  const { url, qos, recordings, onProgress } = options;
  const queue = new MessageQueue(queuedMax);
  const publisher = new OrderedPublisher({
    url,
    client: { clientId: `inkling-replay-${randomBytes(4).toString('hex')}`, keepalive: 30 },
    qos,
    inFlightMax,
    next: () => queue.take(),
    pauseMs: () => reconnectMs,
    onState: (connected) => patience.note(connected),
  });
  const patience = new BrokerPatience(url, () => publisher.problem);
  const signal = AbortSignal.any([options.signal, patience.signal]);
  const total = recordings.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const read = { bytes: 0 };
  const timer = setInterval(() => {
    const { published } = publisher.counters;
    // What was read may still wait for the broker.
    const gone = published / Math.max(1, published + queue.count + publisher.inFlight);
    onProgress({ share: Math.min(1, read.bytes / total) * gone, count: published });
  }, progressMs);
  try {
    await feed({ options, queue, signal, read, wake: () => publisher.wake() });
    // The publisher may have taken the last message, but not yet have seen its acknowledgement.
    while (!signal.aborted && queue.count + publisher.inFlight > 0) {
      await waitFor(drainStepMs, signal);
    }
    if (patience.signal.aborted) throw patience.signal.reason;
    return publisher.counters.published;
  } finally {
    clearInterval(timer);
    patience.end();
    await publisher.close(drainMs);
  }
}

interface Feeding {
  readonly options: ReplayOptions;
  readonly queue: MessageQueue;
  readonly signal: AbortSignal;
  /** Bytes of all files read so far. */
  readonly read: { bytes: number };
  readonly wake: () => void;
}

/** Puts all rows into the queue, each when it is due; ends early when the signal is aborted. */
async function feed(feeding: Feeding): Promise<void> {
  const { options, signal, read } = feeding;
  let before = 0;
  for (const { path, file } of options.recordings) {
    const topics = topicsOf(path, file.header.columns);
    const pace = new Pace(options.speed, options.clock);
    for await (const { rows, readBytes } of file.batches()) {
      await feedRows(feeding, { rows, topics, pace });
      if (signal.aborted) return;
      read.bytes = before + readBytes;
    }
    before += file.sizeBytes;
  }
}

interface PacedRows {
  readonly rows: readonly CsvRow[];
  readonly topics: readonly string[];
  readonly pace: Pace;
}

async function feedRows({ queue, signal, wake }: Feeding, { rows, topics, pace }: PacedRows) {
  for (const row of rows) {
    const waitMs = pace.waitMs(row.time);
    if (waitMs > 0) await waitFor(waitMs, signal);
    if (queue.full) await queue.room(signal);
    if (signal.aborted) return;
    pushRow(queue, topics, row);
    wake();
  }
}

function pushRow(queue: MessageQueue, topics: readonly string[], { time, values }: CsvRow): void {
  const end = time === null ? '}' : `,"t":${time}}`;
  for (let column = 0; column < topics.length; column++) {
    const payload = `{"v":${values[column]}${end}`;
    queue.push({ topic: topics[column]!, payload, retain: false });
  }
}

/** `replay/<file without .csv and .gz>/<column>`, with what MQTT does not allow percent-encoded. */
export function topicsOf(path: string, columns: readonly string[]): string[] {
  const file = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.csv$/i, '');
  return columns.map((column) => `replay/${file}/${column}`.replace(/[+#\p{Cc}]/gu, percentEncode));
}

function percentEncode(character: string): string {
  return encodeURIComponent(character);
}
