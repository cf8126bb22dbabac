import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { OutgoingMessage } from '../../pipeline/ports.ts';

/**
 * Sends messages to a broker in their order, over one connection at a time, for as long as it takes:
 *
 *   next() ─▶ sent, not yet acknowledged (at most inFlightMax) ─▶ acknowledged
 *              └── the connection is lost: they go first over the next one ──┘
 *
 * It asks for a message only when it can send one, so whoever answers decides at the last moment
 * what is worth sending, and nothing piles up here. A message that was on its way when a connection
 * was lost may arrive twice, never not at all (QoS 1).
 *
 * Each connection has an mqtt.js client of its own: what mqtt.js would keep over a reconnection it
 * sends again one by one, waiting for each.
 */
export interface OrderedPublisherOptions {
  readonly url: string;
  /** Who we are and what is our will; the connection itself is up to the publisher. */
  readonly client: Pick<
    IClientOptions,
    | 'ca'
    | 'cert'
    | 'clientId'
    | 'keepalive'
    | 'key'
    | 'password'
    | 'protocolVersion'
    | 'username'
    | 'will'
  >;
  readonly qos: 0 | 1;
  /** Most messages sent and not yet acknowledged, 1 to 65,535. */
  readonly inFlightMax: number;
  /** The next message; null: none now, `wake` will say. Not asked without a connection. */
  readonly next: () => OutgoingMessage | null;
  /** Sent first over each connection, besides those of `next`. */
  readonly greeting?: OutgoingMessage;
  /** Milliseconds to wait before the attempt-th reconnection, from 0. */
  readonly pauseMs: (attempt: number) => number;
  /** An error of the connection in words. Default: its message. */
  readonly problemOf?: (error: Error) => string;
  /** Called when the connection comes, and once when it is gone or the first one fails. */
  readonly onState?: (connected: boolean, problem: string) => void;
}

/** Counts since the publisher was made; read-only to others. */
export interface PublisherCounters {
  /** Messages of `next` that the broker has acknowledged; at QoS 0, that were sent. */
  published: number;
  /** Messages the broker or the protocol refused for good. */
  refused: number;
  /** Messages sent again over another connection. */
  resent: number;
  connections: number;
}

const connectTimeoutMs = 10_000;
/** Messages taken before the event loop gets its turn: others may share the thread. */
const burstMax = 64;
/** How long the end waits for the broker to close the connection. */
const endTimeoutMs = 1_000;

export class OrderedPublisher {
  readonly counters: PublisherCounters;
  readonly #options: OrderedPublisherOptions;
  /** Sent and not acknowledged, by sequence number: in the order of sending. */
  readonly #sent: Map<number, OutgoingMessage>;
  /** Lost with an earlier connection, oldest first; they go before `next`. */
  #again: OutgoingMessage[];
  #sequence: number;
  #client: MqttClient | null;
  #connected: boolean;
  #problem: string;
  #told: boolean | null;
  #attempt: number;
  #reconnectTimer: NodeJS.Timeout | null;
  #continuing: boolean;
  #taking: boolean;
  #closing: Promise<void> | null;
  #whenDrained: (() => void)[];

  /** Connects at once, and again until `close`. */
  constructor(options: OrderedPublisherOptions) {
    this.counters = { published: 0, refused: 0, resent: 0, connections: 0 };
    this.#options = options;
    this.#sent = new Map();
    this.#again = [];
    this.#sequence = 0;
    this.#client = null;
    this.#connected = false;
    this.#problem = 'the broker has not answered yet';
    this.#told = null;
    this.#attempt = 0;
    this.#reconnectTimer = null;
    this.#continuing = false;
    this.#taking = true;
    this.#closing = null;
    this.#whenDrained = [];
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Why there is no connection, as far as is known. */
  get problem(): string {
    return this.#problem;
  }

  /** Messages taken from `next` and not acknowledged. */
  get inFlight(): number {
    return this.#sent.size + this.#again.length;
  }

  /** `next` has something again. Costs little when it is already being asked. */
  wake(): void {
    this.#continue();
  }

  /** Resolves once nothing that was taken is unacknowledged. */
  drained(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenDrained.push(resolve));
  }

  /**
   * Takes nothing more; when connected, waits for acknowledgements up to `drainMs`, says `farewell`
   * and leaves politely, so that the will is not carried out. May be called twice.
   */
  close(drainMs: number, farewell: OutgoingMessage | null = null): Promise<void> {
    this.#closing ??= this.#close(drainMs, farewell);
    return this.#closing;
  }

  #connect(): void {
    const client = connect(this.#options.url, {
      ...this.#options.client,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      connectTimeout: connectTimeoutMs,
    });
    this.#client = client;
    client.on('connect', () => this.#begin(client));
    client.on('error', (error) => {
      this.#problem = (this.#options.problemOf ?? messageOf)(error);
      if (!this.#connected) client.stream.destroy();
    });
    client.on('close', () => this.#lose(client));
  }

  #begin(client: MqttClient): void {
    if (client !== this.#client) return;
    this.counters.connections++;
    this.#connected = true;
    this.#attempt = 0;
    this.#problem = 'the connection was closed';
    this.#tell(true);
    const { greeting } = this.#options;
    if (greeting) client.publish(greeting.topic, greeting.payload, this.#flags(greeting));
    this.#pump();
  }

  #lose(client: MqttClient): void {
    if (client !== this.#client) return;
    this.#client = null;
    this.#connected = false;
    this.counters.resent += this.#sent.size;
    this.#again = [...this.#sent.values(), ...this.#again];
    this.#sent.clear();
    client.end(true);
    if (this.#closing !== null) {
      this.#settle(true);
      return;
    }
    this.#tell(false);
    this.#reconnectTimer = setTimeout(
      () => this.#connect(),
      this.#options.pauseMs(this.#attempt++),
    );
  }

  #tell(connected: boolean): void {
    if (this.#told === connected) return;
    this.#told = connected;
    this.#options.onState?.(connected, this.#problem);
  }

  #pump(): void {
    for (let count = 0; count < burstMax; count++) {
      const client = this.#client;
      if (!this.#connected || client === null) return;
      if (this.#sent.size >= this.#options.inFlightMax) return;
      const message = this.#again.shift() ?? (this.#taking ? this.#options.next() : null);
      if (message === null) return;
      this.#send(client, message);
    }
    this.#continue();
  }

  #send(client: MqttClient, message: OutgoingMessage): void {
    const sequence = this.#sequence++;
    this.#sent.set(sequence, message);
    client.publish(message.topic, message.payload, this.#flags(message), (error) => {
      // The callbacks of a lost connection come too late: its messages are sent again.
      if (client !== this.#client || !this.#connected || !this.#sent.delete(sequence)) return;
      if (error) this.counters.refused++;
      else this.counters.published++;
      this.#settle(false);
      this.#continue();
    });
  }

  #flags({ retain }: OutgoingMessage): { qos: 0 | 1; retain: boolean } {
    return { qos: this.#options.qos, retain };
  }

  /** Goes on after the sockets had their turn; acknowledgements that come together ask once. */
  #continue(): void {
    if (this.#continuing) return;
    this.#continuing = true;
    setImmediate(() => {
      this.#continuing = false;
      this.#pump();
    });
  }

  /** Tells those who wait for the acknowledgements that all are here, or will never be. */
  #settle(isOver: boolean): void {
    if (this.inFlight > 0 && !isOver) return;
    for (const resolve of this.#whenDrained.splice(0)) resolve();
  }

  async #close(drainMs: number, farewell: OutgoingMessage | null): Promise<void> {
    this.#taking = false;
    if (this.#reconnectTimer !== null) clearTimeout(this.#reconnectTimer);
    if (this.#connected) await within(drainMs, this.drained());
    const client = this.#client;
    if (client === null) return;
    if (this.#connected && farewell !== null) await within(drainMs, said(client, farewell));
    const isPolite = this.#connected && this.inFlight === 0;
    this.#client = null;
    this.#connected = false;
    await within(endTimeoutMs, client.endAsync(!isPolite));
    client.stream.destroy();
  }
}

/** Where a name has several addresses, the error of trying them all has no message. */
function messageOf(error: Error): string {
  return error.message || (error as NodeJS.ErrnoException).code || 'unknown error';
}

function said(client: MqttClient, { topic, payload, retain }: OutgoingMessage): Promise<void> {
  return new Promise((resolve) => {
    client.once('close', () => resolve());
    client.publish(topic, payload, { qos: 1, retain }, () => resolve());
  });
}

/** Settles with the promise, or after `ms` at the latest. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, elapsed]);
  clearTimeout(timer);
}
