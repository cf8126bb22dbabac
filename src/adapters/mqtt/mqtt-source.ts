import {
  connect,
  ErrorWithSubackPacket,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
  type Packet,
} from 'mqtt';
import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import type { Logger, Message, MessageSource } from '../../pipeline/ports.ts';
import { AcknowledgementQueue } from './acknowledgement-queue.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/**
 * Readings from an outside broker, through mqtt.js.
 *
 * mqtt.js acknowledges a QoS 1 message in the turn it was emitted, or handles strictly one at a time
 * when told to wait. So the message is told to be QoS 0 before mqtt.js looks at it, and its PUBACK is
 * ours: it leaves in order, after `acknowledge`, while many are in flight (`unacknowledgedMax`; above
 * it the socket is not read). A PUBACK never crosses connections: after a reconnection the
 * broker sends again what it has no PUBACK for, and may have given the identifier to another message.
 */

/** Where the connection stands; `subscribed` once the broker has granted every filter. */
type MqttSourceState = 'connecting' | 'subscribed' | 'offline';

export interface MqttSourceOptions {
  readonly url: string;
  readonly clientId: string;
  /** 4: MQTT 3.1.1 · 5: MQTT 5. */
  readonly version: 4 | 5;
  /** Asked for when subscribing; 2 becomes 1, since the journal makes a second handshake useless. */
  readonly qos: 0 | 1 | 2;
  readonly keepaliveSeconds: number;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  /** Plain MQTT filters. */
  readonly filters: readonly string[];
  /** Topics under it are ours: acknowledged and dropped. Ends in a slash. */
  readonly ownPrefix: string;
  readonly log: Logger;
  /** 0 ≤ x < 1, for the pauses between attempts. */
  readonly random: () => number;
  /** Messages handed on and not acknowledged; default 10,000, at most 65,535. */
  readonly unacknowledgedMax?: number;
}

/** Counts since the source was made; read-only to others. */
interface MqttSourceCounters {
  /** Messages handed on. */
  messages: number;
  /** Messages under our own prefix, acknowledged and dropped. */
  own: number;
  /** Connections the broker accepted. */
  connections: number;
  /** Times the socket was not read because too many messages waited for their acknowledgement. */
  pauses: number;
}

export interface MqttSource extends MessageSource {
  readonly counters: Readonly<MqttSourceCounters>;
  readonly state: MqttSourceState;
  /** The state now and every change; completes after `close`. */
  readonly state$: Observable<MqttSourceState>;
  /** Why it is not subscribed, as far as is known; null when it is. */
  readonly problem: string | null;
}

/** Connects and keeps trying until `close`; a failing first connection is a state, not an error. */
export function connectMqttSource(options: MqttSourceOptions): MqttSource {
  return new MqttJsSource(options);
}

/** The broker keeps our session, and so what we have not acknowledged, for a week. */
const sessionSeconds = 7 * 24 * 3600;
const connectTimeoutMs = 10_000;
/** How long `close` waits for the pipeline's acknowledgements, and again for the broker. */
const closeTimeoutMs = 2_000;
const unacknowledgedDefault = 10_000;
/** SUBACK codes from here on refuse a filter. */
const subackFailure = 0x80;

class MqttJsSource implements MqttSource {
  readonly messages$: Observable<Message>;
  readonly state$: Observable<MqttSourceState>;
  readonly counters: MqttSourceCounters;
  readonly #options: MqttSourceOptions;
  readonly #place: string;
  readonly #messages$: Subject<Message>;
  readonly #states$: BehaviorSubject<MqttSourceState>;
  readonly #client: MqttClient;
  #queue: AcknowledgementQueue;
  /** Identifier of the QoS 1 message mqtt.js is about to emit. */
  #packetId: number | null;
  #attempt: number;
  #everSubscribed: boolean;
  #reconnectTimer: NodeJS.Timeout | null;
  #problem: string | null;
  #closing: Promise<void> | null;

  constructor(options: MqttSourceOptions) {
    this.counters = { messages: 0, own: 0, connections: 0, pauses: 0 };
    this.#options = options;
    this.#place = withoutCredentials(options.url);
    this.#messages$ = new Subject();
    this.#states$ = new BehaviorSubject<MqttSourceState>('connecting');
    this.messages$ = this.#messages$.asObservable();
    this.state$ = this.#states$.asObservable();
    this.#packetId = null;
    this.#attempt = 0;
    this.#everSubscribed = false;
    this.#reconnectTimer = null;
    this.#problem = 'the broker has not answered yet';
    this.#closing = null;
    this.#client = connect(options.url, clientOptions(options));
    this.#queue = this.#createQueue();
    this.#listen();
  }

  get state(): MqttSourceState {
    return this.#states$.value;
  }

  get problem(): string | null {
    return this.#problem;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #listen(): void {
    const client = this.#client;
    client.on('packetreceive', (packet) => this.#takeOverQos1(packet));
    client.on('message', (topic, payload, packet) => this.#emit(topic, payload, packet));
    client.handleMessage = (_packet, done) => this.#goOn(done);
    client.on('connect', ({ sessionPresent }) => this.#subscribe(sessionPresent));
    client.on('error', (error) => {
      this.#problem = error.message || (error as NodeJS.ErrnoException).code || 'unknown error';
    });
    client.on('close', () => this.#retry());
  }

  #takeOverQos1(packet: Packet): void {
    if (packet.cmd !== 'publish') return;
    this.#packetId = packet.qos === 1 ? packet.messageId! : null;
    if (packet.qos === 1) packet.qos = 0;
  }

  #emit(topic: string, payload: Buffer, packet: IPublishPacket): void {
    // Left unacknowledged, so the broker keeps it for the next start.
    if (this.#closing) return;
    const acknowledge = this.#queue.take(this.#packetId);
    this.#packetId = null;
    if (topic.startsWith(this.#options.ownPrefix)) {
      this.counters.own++;
      acknowledge();
      return;
    }
    this.counters.messages++;
    this.#messages$.next({ topic, payload, retained: packet.retain, acknowledge });
  }

  /** mqtt.js handles the next packet only after `done`; withholding it stops reading the socket. */
  #goOn(done: () => void): void {
    if (this.#closing) return;
    if (!this.#queue.full) {
      done();
      return;
    }
    this.counters.pauses++;
    this.#queue.whenAtMost(this.#queue.capacity / 2, done);
  }

  #createQueue(): AcknowledgementQueue {
    const { stream } = this.#client;
    const capacity = this.#options.unacknowledgedMax ?? unacknowledgedDefault;
    return new AcknowledgementQueue(capacity, (bytes) => {
      if (stream === this.#client.stream && !stream.destroyed) stream.write(bytes);
    });
  }

  #subscribe(sessionPresent: boolean): void {
    this.counters.connections++;
    this.#queue = this.#createQueue();
    this.#packetId = null;
    // The session of an earlier process may lack filters; that of this process has them all.
    if (sessionPresent && this.#everSubscribed) {
      this.#subscribed();
      return;
    }
    const { filters, qos, version } = this.#options;
    const granted = Math.min(qos, 1) as 0 | 1;
    const request = version === 5 ? { qos: granted, nl: true } : { qos: granted };
    this.#client.subscribe([...filters], request, (error) => {
      if (this.#closing) return;
      if (!error) {
        this.#everSubscribed = true;
        this.#subscribed();
        return;
      }
      this.#problem = subscribeProblem(error, filters);
      this.#client.stream.destroy();
    });
  }

  #subscribed(): void {
    this.#attempt = 0;
    this.#problem = null;
    this.#options.log.info({ broker: this.#place }, 'The broker is connected.');
    this.#states$.next('subscribed');
  }

  #retry(): void {
    if (this.#closing || this.#reconnectTimer) return;
    const { log, random } = this.#options;
    this.#problem ??= 'the connection was closed';
    if (this.#states$.value !== 'offline') {
      const fields = { broker: this.#place, problem: this.#problem };
      log.warn(fields, 'The broker cannot be used; trying again until it can.');
      this.#states$.next('offline');
    }
    this.#reconnectTimer = setTimeout(
      () => {
        this.#reconnectTimer = null;
        this.#client.reconnect();
      },
      reconnectDelayMs(this.#attempt++, random),
    );
  }

  async #close(): Promise<void> {
    if (this.#reconnectTimer) clearTimeout(this.#reconnectTimer);
    const queue = this.#queue;
    if (this.#client.connected) {
      await within(closeTimeoutMs, new Promise<void>((resolve) => queue.whenAtMost(0, resolve)));
    }
    // A forced end would destroy the socket, and with it PUBACKs that were just written.
    await within(closeTimeoutMs, this.#client.endAsync(!this.#client.connected));
    this.#client.stream.destroy();
    this.#messages$.complete();
    this.#states$.next('offline');
    this.#states$.complete();
  }
}

function clientOptions(options: MqttSourceOptions): IClientOptions {
  const { clientId, keepaliveSeconds, password, username, version } = options;
  const unacknowledgedMax = options.unacknowledgedMax ?? unacknowledgedDefault;
  return {
    clientId,
    protocolVersion: version,
    clean: false,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    // We reconnect ourselves: mqtt.js knows only one fixed pause.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(username === '' ? {} : { username, password }),
    ...(version === 5
      ? { properties: { sessionExpiryInterval: sessionSeconds, receiveMaximum: unacknowledgedMax } }
      : {}),
  };
}

/** mqtt.js hands over the SUBACK with its error, one code per filter. */
function subscribeProblem(error: Error, filters: readonly string[]): string {
  const granted = error instanceof ErrorWithSubackPacket ? error.packet?.granted : undefined;
  const refused = filters.filter((_, index) => Number(granted?.[index] ?? 0) >= subackFailure);
  if (refused.length === 0) return error.message;
  const names = refused.map((filter) => `"${filter}"`).join(', ');
  return `the broker refused our subscription to ${names}`;
}

function withoutCredentials(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed ? `${parsed.protocol}//${parsed.host}` : 'an invalid address';
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
