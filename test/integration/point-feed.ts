import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface FeedOptions {
  readonly url: string;
  readonly database: string;
  /** Of the outbox. */
  readonly folder: string;
  /** Time of point 0, milliseconds since 1970; point n is n ms later. */
  readonly startMs: number;
  /** Points number `first` to `first + count`. */
  readonly first: number;
  readonly count: number;
  readonly perSecond: number;
}

export interface FeedReport {
  /** The number of the next point: all before it were given to the outbox. */
  readonly accepted: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly written: number;
  readonly queuedPoints: number;
  readonly dropped: number;
  readonly damaged: number;
  readonly reachable: boolean | null;
  /** By how much the event loop was late at most, since the report before. */
  readonly lateMsMax: number;
  /** CPU time since the start. */
  readonly cpuMs: number;
  readonly diskBytes: number;
}

const program = new URL('point-feed-process.ts', import.meta.url).pathname;

/** A process that writes points through an outbox, seen from outside. */
export class PointFeed {
  readonly #child: ChildProcess;
  readonly #reports: FeedReport[];

  constructor(options: FeedOptions) {
    this.#reports = [];
    this.#child = fork(program, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
    this.#child.on('message', (report: FeedReport) => this.#reports.push(report));
  }

  get reports(): readonly FeedReport[] {
    return this.#reports;
  }

  get last(): FeedReport | null {
    return this.#reports.at(-1) ?? null;
  }

  /** Number of the first point that was not accepted more than a second before this time. */
  acceptedBefore(at: number): number {
    return this.#reports.findLast((report) => report.at < at - 1_000)?.accepted ?? 0;
  }

  /** Ends it with -9; when that was, milliseconds since 1970. */
  async kill(): Promise<number> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Date.now();
    const ended = once(this.#child, 'exit');
    const at = Date.now();
    this.#child.kill('SIGKILL');
    await ended;
    return at;
  }
}
