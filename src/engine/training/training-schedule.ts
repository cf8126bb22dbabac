/**
 * When a group's trainer does what. Time is a parameter (monotonic milliseconds of any origin), so
 * a service asks with its clock and a backtest with whatever it counts.
 *
 * An update is owed for every `everyRows` rows; a row is one step of each tracked stream. At most
 * one task is given per call, and at most four updates are owed: what a loaded machine cannot do is
 * skipped and counted, not caught up with. The warm-up takes every call that is left over.
 */

export interface TrainingScheduleOptions {
  readonly everyRows: number;
  readonly publishSeconds: number;
  readonly checkpointSeconds: number;
}

export type TrainingTask = 'update' | 'publish' | 'checkpoint';

export class TrainingSchedule {
  readonly #options: TrainingScheduleOptions;
  #owedRows: number;
  #skippedRows: number;
  #publishedAt: number;
  #checkpointAt: number;

  constructor(options: TrainingScheduleOptions, nowMs: number) {
    this.#options = options;
    this.#owedRows = 0;
    this.#skippedRows = 0;
    this.#publishedAt = nowMs;
    this.#checkpointAt = nowMs;
  }

  /** Updates that were owed and never given. */
  get skippedUpdates(): number {
    return Math.floor(this.#skippedRows / this.#options.everyRows);
  }

  /** Counts steps that came in while `members` streams are tracked. */
  addSteps(steps: number, members: number): void {
    const owed = this.#owedRows + steps / Math.max(1, members);
    this.#owedRows = Math.min(owed, OWED_UPDATES_MAX * this.#options.everyRows);
    this.#skippedRows += owed - this.#owedRows;
  }

  /** The task to do now; it counts as done. Null when there is none. */
  next(nowMs: number, warmingUp: boolean): TrainingTask | null {
    const { everyRows, publishSeconds, checkpointSeconds } = this.#options;
    if (nowMs - this.#checkpointAt >= checkpointSeconds * 1000) {
      this.#checkpointAt = nowMs;
      return 'checkpoint';
    }
    if (nowMs - this.#publishedAt >= publishSeconds * 1000) {
      this.#publishedAt = nowMs;
      return 'publish';
    }
    if (warmingUp) {
      this.#owedRows = 0;
      return 'update';
    }
    if (this.#owedRows < everyRows) return null;
    this.#owedRows -= everyRows;
    return 'update';
  }

  /** Milliseconds until a publication or checkpoint is due; 0 when one is. */
  waitMs(nowMs: number): number {
    const { publishSeconds, checkpointSeconds } = this.#options;
    const publish = this.#publishedAt + publishSeconds * 1000 - nowMs;
    const checkpoint = this.#checkpointAt + checkpointSeconds * 1000 - nowMs;
    return Math.max(0, Math.min(publish, checkpoint));
  }
}

const OWED_UPDATES_MAX = 4;
