import type { Logger } from '../../pipeline/ports.ts';

/** What an outbox has lost, and whether its disk works. One line is logged when either changes. */
export class OutboxHealth {
  readonly #log: Logger;
  readonly #folder: string;
  #dropped: number;
  #damaged: number;
  #problem: string | null;
  #isDropping: boolean;

  constructor(log: Logger, folder: string) {
    this.#log = log;
    this.#folder = folder;
    this.#dropped = 0;
    this.#damaged = 0;
    this.#problem = null;
    this.#isDropping = false;
  }

  /** Lines that found no room, or were too old. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lines that could not be read again. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Why lines cannot be written; null: they can. */
  get problem(): string | null {
    return this.#problem;
  }

  lineDropped(count: number): void {
    this.#dropped += count;
    if (this.#isDropping) return;
    this.#isDropping = true;
    this.#log.warn(
      { folder: this.#folder },
      'The outbox for InfluxDB is full: the oldest points are dropped from now on.',
    );
  }

  /** Nothing waits on the disk: when lines are dropped again, that is news. */
  caughtUp(): void {
    this.#isDropping = false;
  }

  lineDamaged(count: number): void {
    this.#damaged += count;
    this.#log.error(
      { code: 'ERR_OUTBOX_CORRUPT', folder: this.#folder, points: count },
      'Points in the outbox for InfluxDB are lost: what was kept of them is damaged or missing.',
    );
  }

  failed({ message }: Error): void {
    if (this.#problem === null) {
      this.#log.error(
        { code: 'ERR_OUTBOX_WRITE', folder: this.#folder, problem: message },
        'The outbox for InfluxDB cannot be written; points wait in memory.',
      );
    }
    this.#problem = message;
  }

  worked(): void {
    if (this.#problem !== null) {
      this.#log.info({ folder: this.#folder }, 'The outbox for InfluxDB can be written again.');
    }
    this.#problem = null;
  }
}
