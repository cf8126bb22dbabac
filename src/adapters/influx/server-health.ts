import type { Logger } from '../../pipeline/ports.ts';
import type { ServerAnswer, Verdict } from './server-answer.ts';

/** The verdicts after which the same lines are sent again. */
export type Setback = Extract<Verdict, 'missing' | 'later' | 'refused'>;

const messages: Readonly<Record<Setback, string>> = {
  missing: 'InfluxDB does not have the database; points wait in the queue.',
  later: 'InfluxDB does not take points now; they wait in the queue.',
  refused: 'InfluxDB refuses our requests; points wait in the queue until that is put right.',
};

/** How the server has been answering. One line is logged when it begins to fail, fails in another way, or is back. */
export class ServerHealth {
  readonly #log: Logger;
  readonly #url: string;
  #setback: Setback | null;
  #failures: number;
  #reachable: boolean | null;
  #problem: string | null;

  /** `url`: as it may be shown. */
  constructor(log: Logger, url: string) {
    this.#log = log;
    this.#url = url;
    this.#setback = null;
    this.#failures = 0;
    this.#reachable = null;
    this.#problem = null;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether the last request had an answer about its lines; null: none was made yet. */
  get reachable(): boolean | null {
    return this.#reachable;
  }

  /** What was wrong with the last request; null: nothing. */
  get problem(): string | null {
    return this.#problem;
  }

  answered(): void {
    if (this.#setback !== null) {
      this.#log.info({ url: this.#url }, 'InfluxDB takes points again.');
    }
    this.#setback = null;
    this.#failures = 0;
    this.#reachable = true;
    this.#problem = null;
  }

  failed(setback: Setback, answer: ServerAnswer): void {
    this.#failures += 1;
    this.#reachable = false;
    this.#problem = describe(answer);
    if (setback === this.#setback) return;
    this.#setback = setback;
    this.#log.warn({ url: this.#url, problem: this.#problem }, messages[setback]);
  }
}

function describe({ status, message }: ServerAnswer): string {
  if (status === null) return message;
  return message === '' ? `status ${status}` : `status ${status}: ${message}`;
}
