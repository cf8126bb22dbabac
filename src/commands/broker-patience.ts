import { brokerPlace } from '../adapters/mqtt/broker-place.ts';
import { InklingError } from '../protocol/errors.ts';

/** How long a broker may be out of reach before a command gives up. */
const firstMs = 10_000;
/** A broker that was there may be starting again, and what was sent so far would be in vain. */
const lostMs = 60_000;

/** Waits for a broker, but not for ever: 10 seconds for the first connection, a minute for later ones. */
export class BrokerPatience {
  /** Aborted with ERR_BROKER_UNREACHABLE when it has run out. */
  readonly signal: AbortSignal;
  readonly #url: string;
  readonly #controller: AbortController;
  #timer: NodeJS.Timeout | null;
  #problem: () => string;

  /** `problem` says why there is no connection. */
  constructor(url: string, problem: () => string) {
    this.#url = url;
    this.#controller = new AbortController();
    this.signal = this.#controller.signal;
    this.#problem = problem;
    this.#timer = setTimeout(() => this.#runOut(firstMs), firstMs);
  }

  note(connected: boolean): void {
    if (connected) {
      this.end();
    } else if (this.#timer === null) {
      this.#timer = setTimeout(() => this.#runOut(lostMs), lostMs);
    }
  }

  /** It no longer matters whether the broker is there. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #runOut(ms: number): void {
    const place = brokerPlace(this.#url);
    const message = `the broker at ${place} was out of reach for ${ms / 1000} seconds`;
    this.#controller.abort(
      new InklingError('ERR_BROKER_UNREACHABLE', `${message}: ${this.#problem()}`),
    );
  }
}
