import { BACK_OFF_MS_MAX, backOffMs } from '../../pipeline/back-off.ts';
import type { Clock, InfluxPoint, Logger, PointSink } from '../../pipeline/ports.ts';
import { deliverBatch, type PostResult, type RejectedLines } from './deliver-batch.ts';
import { LineEncoder } from './line-protocol.ts';
import type { LineQueue } from './line-queue.ts';
import { createLineSender, type LineSender, shownUrl } from './line-sender.ts';
import { judgeAnswer, type ServerAnswer } from './server-answer.ts';
import { ServerHealth, type Setback } from './server-health.ts';

/**
 * Points on their way to InfluxDB:
 *
 *     write(points) ─▶ lines ─▶ queue ─▶ one POST at a time ─▶ written
 *                               │  ▲          │
 *                  full: oldest ▼  └──────────┤ 429, 5xx, no answer: again, later and later
 *                        dropped              └ 400: cut until the bad line is alone and rejected
 *
 * A batch leaves when it is full or a second after its first point. Nothing here delays or throws
 * into the caller; every loss is counted.
 */

export interface InfluxWriterLimits {
  /** A batch that is not full leaves this long after its first point. */
  readonly batchMs: number;
  readonly requestTimeoutMs: number;
}

const influxWriterLimits: InfluxWriterLimits = {
  batchMs: 1_000,
  requestTimeoutMs: 10_000,
};

export interface InfluxWriterOptions {
  /** http or https; a path is kept as a prefix. */
  readonly url: string;
  readonly database: string;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  /** Of InfluxDB 2 or 3; empty: none. Takes precedence over a user name. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1, for the pauses between attempts. */
  readonly random: () => number;
  readonly limits?: Partial<InfluxWriterLimits>;
  /** Called each time the server says that the database does not exist. */
  readonly onDatabaseMissing?: () => void;
  /** Called with lines that the server refused for good; they are valid during the call. */
  readonly onRejected?: (lines: RejectedLines) => void;
  /** Where lines wait; what is in it at the start is sent first. */
  readonly queue: LineQueue;
  /** How lines travel; by our own POST when left out. */
  readonly sender?: LineSender;
}

export interface InfluxWriterState {
  /** Whether the last request had an answer that lets us go on; null: none was made yet. */
  readonly reachable: boolean | null;
  readonly queuedPoints: number;
  readonly queuedBytes: number;
  /** Points that the server has taken. */
  readonly written: number;
  /** Points that the server refused for good. */
  readonly rejected: number;
  /** Points lost because the queue was full, or came after the end. */
  readonly dropped: number;
  /** Points lost because the queue could not read them again. */
  readonly damaged: number;
  /** Requests made again. */
  readonly retries: number;
  /** Why the last request that failed did; null: none has since the last success. */
  readonly lastProblem: string | null;
}

/** While the process waits for its end, pauses are no longer than this. */
const FLUSH_PAUSE_MS_MAX = 500;

/** Of a refused line, in the log. */
const SHOWN_BYTES_MAX = 1_000;

/** Makes no request before there is a point. */
export function createInfluxWriter(options: InfluxWriterOptions): InfluxWriter {
  return new InfluxWriter(options);
}

export class InfluxWriter implements PointSink {
  readonly #options: InfluxWriterOptions;
  readonly #limits: InfluxWriterLimits;
  readonly #place: string;
  readonly #health: ServerHealth;
  readonly #encoder: LineEncoder;
  readonly #queue: LineQueue;
  readonly #sender: LineSender;
  /** Called when the queue is empty or the writer closed. */
  readonly #flushes: Set<(isEmpty: boolean) => void>;
  #timer: NodeJS.Timeout | null;
  /** Ends the pause before the next attempt; null: there is none. */
  #endPause: (() => void) | null;
  #running: boolean;
  #closed: boolean;
  #written: number;
  #rejected: number;
  #late: number;
  #retries: number;

  constructor(options: InfluxWriterOptions) {
    this.#options = options;
    this.#limits = { ...influxWriterLimits, ...options.limits };
    this.#place = shownUrl(options.url);
    this.#health = new ServerHealth(options.log, this.#place);
    this.#encoder = new LineEncoder();
    this.#queue = options.queue;
    const timeoutMs = this.#limits.requestTimeoutMs;
    this.#sender = options.sender ?? createLineSender({ ...options, timeoutMs });
    this.#flushes = new Set();
    this.#timer = null;
    this.#endPause = null;
    this.#running = false;
    this.#closed = false;
    this.#written = 0;
    this.#rejected = 0;
    this.#late = 0;
    this.#retries = 0;
    this.#wake();
  }

  write(points: readonly InfluxPoint[]): void {
    if (this.#closed) {
      this.#late += points.length;
      return;
    }
    this.#queue.add(this.#encoder.encode(points));
    this.#wake();
  }

  state(): InfluxWriterState {
    return {
      reachable: this.#health.reachable,
      queuedPoints: this.#queue.points,
      queuedBytes: this.#queue.bytes,
      written: this.#written,
      rejected: this.#rejected,
      dropped: this.#queue.dropped + this.#late,
      damaged: this.#queue.damaged,
      retries: this.#retries,
      lastProblem: this.#health.problem,
    };
  }

  /**
   * Sends what is queued without waiting for more. Resolves with true once nothing is queued, with
   * false when that took longer than `timeoutMs`; what is left stays queued.
   */
  flush(timeoutMs: number): Promise<boolean> {
    if (this.#queue.points === 0) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isEmpty: boolean): void => {
        clearTimeout(timer);
        this.#flushes.delete(finish);
        resolve(isEmpty);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#flushes.add(finish);
      this.#endPause?.();
      this.#wake();
    });
  }

  /** Stops at once: a running request is ended, and what is queued stays there. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    this.#sender.close();
    this.#endPause?.();
    for (const finish of this.#flushes) finish(this.#queue.points === 0);
  }

  #wake(): void {
    if (this.#running || this.#closed || this.#queue.points === 0) return;
    if (this.#queue.hasFullBatch || this.#flushes.size > 0) {
      this.#stopTimer();
      void this.#run();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        void this.#run();
      }, this.#limits.batchMs);
    }
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Sends the front batch, then goes on as long as waiting would gain nothing. */
  async #run(): Promise<void> {
    this.#running = true;
    do {
      const batch = await this.#queue.front();
      if (batch === null || this.#closed) break;
      const delivery = await deliverBatch(batch, (lines) => this.#post(lines));
      if (delivery.stopped) break;
      this.#written += delivery.written;
      for (const lines of delivery.rejected) this.#noteRejected(lines);
      this.#queue.settle();
    } while (!this.#closed && (this.#queue.hasFullBatch || this.#flushes.size > 0));
    this.#running = false;
    if (this.#queue.points === 0) for (const finish of this.#flushes) finish(true);
    this.#wake();
  }

  /** Sends until the server has decided about the lines. */
  async #post(lines: Uint8Array): Promise<PostResult> {
    while (!this.#closed) {
      const answer = await this.#sender.send(lines);
      if (this.#closed) break;
      const verdict = judgeAnswer(answer);
      if (verdict === 'written' || verdict === 'line' || verdict === 'size') {
        this.#health.answered();
        return verdict === 'written'
          ? { kind: verdict }
          : { kind: verdict, message: answer.message };
      }
      this.#health.failed(verdict, answer);
      if (verdict === 'missing') this.#options.onDatabaseMissing?.();
      await this.#pause(this.#pauseMs(verdict, answer));
      if (!this.#closed) this.#retries += 1;
    }
    return { kind: 'stopped' };
  }

  #pauseMs(setback: Setback, answer: ServerAnswer): number {
    const { random } = this.#options;
    // What somebody has to put right first is tried at the slowest pace from the start.
    const own =
      setback === 'refused'
        ? BACK_OFF_MS_MAX * (0.5 + 0.5 * random())
        : backOffMs(this.#health.failures - 1, random);
    const asked = answer.status === null ? 0 : (answer.retryAfterMs ?? 0);
    return Math.max(asked, this.#flushes.size > 0 ? Math.min(own, FLUSH_PAUSE_MS_MAX) : own);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#endPause = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#endPause = end;
    });
  }

  #noteRejected(lines: RejectedLines): void {
    const isFirst = this.#rejected === 0;
    this.#rejected += lines.count;
    this.#options.onRejected?.(lines);
    if (!isFirst) return;
    const line = Buffer.from(lines.lines.subarray(0, SHOWN_BYTES_MAX)).toString().trimEnd();
    const { count, message } = lines;
    this.#options.log.warn(
      { url: this.#place, line, count, message },
      'InfluxDB refuses a point for good; further ones are only counted.',
    );
  }
}
