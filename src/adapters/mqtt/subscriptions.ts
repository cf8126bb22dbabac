import type { IClientSubscribeOptions, MqttClient } from 'mqtt';
import type { Logger } from '../../pipeline/ports.ts';
import { subscribeProblem } from './connection-problem.ts';
import { SessionFile } from './session-file.ts';

export interface SubscriptionOptions {
  /** Scheme, host and port. */
  readonly broker: string;
  readonly clientId: string;
  readonly version: 4 | 5;
  /** Asked for when subscribing; 2 becomes 1, since the journal makes a second handshake useless. */
  readonly qos: 0 | 1 | 2;
  /** Plain MQTT filters. */
  readonly filters: readonly string[];
  /** Where to note what the session is subscribed to; null: nowhere. */
  readonly sessionFile: string | null;
  readonly log: Logger;
}

/** Called once with why the subscriptions do not stand; null: they do. */
type Settled = (problem: string | null) => void;

/**
 * Sees to it that the broker's session has our filters and no others. The session of an earlier
 * process may lack filters or have old ones; that of this process has what it was given, until the
 * broker says that it has forgotten it.
 */
export class Subscriptions {
  readonly #client: MqttClient;
  readonly #options: SubscriptionOptions;
  readonly #session: SessionFile;
  #areGranted: boolean;
  #sessionsLost: number;

  constructor(client: MqttClient, options: SubscriptionOptions) {
    const { broker, clientId, log, sessionFile } = options;
    this.#client = client;
    this.#options = options;
    this.#session = new SessionFile(sessionFile, { broker, clientId }, log);
    this.#areGranted = false;
    this.#sessionsLost = 0;
  }

  /** Times the broker had forgotten our session, and with it what it kept for us. */
  get sessionsLost(): number {
    return this.#sessionsLost;
  }

  /** On a new connection; calls back at once when nothing has to be asked. */
  establish(sessionPresent: boolean, settled: Settled): void {
    const { broker, filters, log } = this.#options;
    if (sessionPresent) this.#unsubscribeOld();
    else this.#session.settle([]);
    if (sessionPresent && this.#areGranted) {
      settled(null);
      return;
    }
    if (this.#areGranted) {
      this.#sessionsLost++;
      log.warn({ broker }, 'The broker has forgotten our session; subscribing again.');
    }
    this.#session.add(filters);
    this.renew(settled);
  }

  /** Subscribes to everything, whether the broker has it or not. */
  renew(settled: Settled): void {
    const { filters, qos, version } = this.#options;
    const level = Math.min(qos, 1) as 0 | 1;
    // No Local: an MQTT 5 broker does not send our own messages back.
    const request: IClientSubscribeOptions =
      version === 5 ? { qos: level, nl: true } : { qos: level };
    this.#client.subscribe([...filters], request, (error) => {
      if (!error) this.#areGranted = true;
      settled(error ? subscribeProblem(error, filters) : null);
    });
  }

  #unsubscribeOld(): void {
    const { broker, filters, log } = this.#options;
    const old = this.#session.filters.filter((filter) => !filters.includes(filter));
    if (old.length === 0) return;
    this.#client.unsubscribe(old, (error) => {
      // Without an answer they stay noted, and the next connection asks again.
      if (error) return;
      this.#session.settle(filters);
      log.info({ broker, filters: old }, 'Filters of an earlier configuration are unsubscribed.');
    });
  }
}
