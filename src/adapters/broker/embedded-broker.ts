import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AuthorizePublishHandler, type Client, type PublishPacket } from 'aedes';
import { Subject } from 'rxjs';
import type { Logger, Message, MessageSource } from '../../pipeline/ports.ts';
import { type BrokerCounters, noCounts } from './broker-counters.ts';
import { type BrokerLimits, defaultLimits } from './broker-limits.ts';
import { IntakeGate } from './intake-gate.ts';
import { listenFailure } from './listen-failure.ts';
import { createPacketSizeGuard } from './packet-size-guard.ts';
import { WaitingRoom } from './waiting-room.ts';

/**
 * The MQTT 3.1.1 broker inside the process, for devices that have no broker of their own.
 *
 *   device ─PUBLISH─▶ aedes ─authorizePublish─▶ messages$ ─▶ pipeline ─▶ journal
 *          ◀─PUBACK──       ◀──────────────────── acknowledge ◀─────────────┘
 *                          └─▶ other subscribers
 *
 * Readings are taken before aedes acknowledges or forwards them, so a PUBACK means that the journal
 * has the message. Too many of them waiting for that, and those who send more are not read.
 *
 * What it refuses to be: a durable broker. No session outlives its connection (every CONNECT counts
 * as a clean one, so that nobody's queue grows), and retained messages are gone after a restart.
 */

/** A subscriber that takes nothing for so long is disconnected. */
const drainTimeoutMs = 10_000;
/** A connection that does not say CONNECT for so long is closed. */
const connectTimeoutMs = 10_000;
/** Packets a client may send before its CONNACK; devices publish without waiting for it. */
const queuedBeforeConnackMax = 1_000;
/** Where refused messages are redirected so that aedes acknowledges them and nobody gets them. */
const refusedTopic = '$refused';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Logger;
  /** Topics under it are ours: what clients publish there is dropped. Ends in a slash. */
  readonly ownPrefix?: string;
  readonly limits?: Partial<BrokerLimits>;
}

interface PublishOptions {
  readonly retain: boolean;
  readonly qos: 0 | 1;
}

export interface EmbeddedBroker {
  readonly source: MessageSource;
  readonly counters: Readonly<BrokerCounters>;
  /** Clients connected now. */
  readonly clients: number;
  /** Takes the port; connections are held, unread, until `open`. ERR_PORT_TAKEN when it cannot. */
  listen(): Promise<{ port: number }>;
  /** Starts serving. Subscribe to `source.messages$` first: it is hot. */
  open(): void;
  /** Resolves when the message is on its way to the subscribers. Does nothing once closed. */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<void>;
  /** Ends all connections, without waiting for acknowledgements; may be called twice. */
  close(): Promise<void>;
}

export function createEmbeddedBroker(options: EmbeddedBrokerOptions): EmbeddedBroker {
  return new AedesBroker(options);
}

class AedesBroker implements EmbeddedBroker {
  readonly source: MessageSource;
  readonly counters: BrokerCounters;
  readonly #host: string;
  readonly #port: number;
  readonly #log: Logger;
  readonly #ownPrefix: string;
  readonly #limits: BrokerLimits;
  readonly #messages$: Subject<Message>;
  readonly #retainedTopics: Set<string>;
  readonly #gate: IntakeGate;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #waiting: WaitingRoom;
  readonly #sockets: Set<Socket>;
  #taking: boolean;

  constructor(options: EmbeddedBrokerOptions) {
    this.counters = noCounts();
    this.#host = options.host;
    this.#port = options.port;
    this.#log = options.log;
    this.#ownPrefix = options.ownPrefix ?? 'inkling/';
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#messages$ = new Subject();
    this.#retainedTopics = new Set();
    this.#gate = new IntakeGate(this.#limits.pendingMessages, () => {
      this.counters.pauses++;
    });
    this.#aedes = this.#createAedes();
    this.#server = this.#createServer();
    this.#waiting = new WaitingRoom((socket) => this.#serve(socket));
    this.#sockets = new Set();
    this.#taking = true;
    this.source = {
      messages$: this.#messages$.asObservable(),
      close: async () => this.#stopTaking(),
    };
  }

  get clients(): number {
    return this.#aedes.connectedClients ?? 0;
  }

  async listen(): Promise<{ port: number }> {
    await this.#aedes.listen();
    forwardWithoutWaiting(this.#aedes);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ host: this.#host, port: this.#port }, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      await this.#closeAedes();
      throw listenFailure(error as NodeJS.ErrnoException, this.#host, this.#port);
    }
    this.#server.on('error', (error) => {
      this.#log.error({ error: error.message }, 'The MQTT listener met an error.');
    });
    const address = this.#server.address();
    return { port: typeof address === 'object' && address ? address.port : this.#port };
  }

  open(): void {
    this.#waiting.open();
  }

  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<void> {
    if (this.#aedes.closed) return Promise.resolve();
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
    const packet: PublishPacket = { cmd: 'publish', topic, payload: bytes, dup: false, ...options };
    return new Promise((resolve, reject) => {
      this.#aedes.publish(packet, (error) => {
        if (error && !this.#aedes.closed) reject(error);
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#stopTaking();
    this.#waiting.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#closeAedes();
    // aedes knows only those who said CONNECT.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #createAedes(): Aedes {
    const aedes = new Aedes({
      // No bound on messages being forwarded at once: a slow subscriber is bounded by its own bytes.
      concurrency: 0,
      connectTimeout: connectTimeoutMs,
      drainTimeout: drainTimeoutMs,
      queueLimit: queuedBeforeConnackMax,
      preConnect: (_client, packet, done) => {
        packet.clean = true;
        done(null, true);
      },
      authorizePublish: this.#take,
      authorizeForward: (client, packet) =>
        this.#mayForward(client, packet.topic) ? packet : null,
    });
    const countError = () => {
      this.counters.connectionErrors++;
    };
    aedes.on('clientError', countError);
    aedes.on('connectionError', countError);
    // EventEmitter would throw without a listener; the typings leave this event out.
    (aedes as NodeJS.EventEmitter).on('error', (error: Error) => {
      this.#log.error({ error: error.message }, 'The embedded broker met an error.');
    });
    return aedes;
  }

  #createServer(): Server {
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    server.maxConnections = this.#limits.connections;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#waiting.enter(socket);
    });
    server.on('drop', () => {
      this.counters.connectionsRefused++;
    });
    return server;
  }

  #serve(socket: Socket): void {
    const allow = createPacketSizeGuard(this.#limits.packetBytes);
    const push = socket.push.bind(socket);
    // Every byte of a socket passes through push(); looking there costs no copy and no extra stream.
    socket.push = (chunk: Uint8Array | null) => {
      if (chunk === null || allow(chunk)) return push(chunk);
      this.counters.packetTooBig++;
      socket.destroy();
      return false;
    };
    this.#aedes.handle(socket);
  }

  /** aedes' authorizePublish: what it calls back without an error is acknowledged and forwarded. */
  readonly #take: AuthorizePublishHandler = (client, packet, done) => {
    // Never calling back leaves the message unacknowledged: its device sends it again elsewhere.
    if (!this.#taking) return;
    const { topic } = packet;
    if (topic.startsWith('$') || topic.startsWith(this.#ownPrefix)) {
      this.counters.refused++;
      dropQuietly(packet);
      done();
    } else if (topic.length > this.#limits.topicLength) {
      this.counters.topicTooLong++;
      dropQuietly(packet);
      done();
    } else {
      this.#boundRetained(packet);
      this.counters.messages++;
      this.#messages$.next({
        topic,
        payload: packet.payload as Buffer,
        // The flag asks us to keep a new message; only brokers' copies of old ones count as retained.
        retained: false,
        acknowledge: this.#gate.admit(client, done),
      });
    }
  };

  #boundRetained(packet: PublishPacket): void {
    if (!packet.retain) return;
    const topics = this.#retainedTopics;
    if (packet.payload.length === 0) {
      topics.delete(packet.topic);
    } else if (topics.has(packet.topic) || topics.size < this.#limits.retainedTopics) {
      topics.add(packet.topic);
    } else {
      this.counters.retainedDropped++;
      packet.retain = false;
    }
  }

  #mayForward(client: Client, topic: string): boolean {
    if (topic === refusedTopic) return false;
    if (client.conn.writableLength <= this.#limits.outboundBytes) return true;
    this.counters.forwardsDropped++;
    return false;
  }

  #stopTaking(): void {
    if (!this.#taking) return;
    this.#taking = false;
    this.#messages$.complete();
  }

  #closeAedes(): Promise<void> {
    return new Promise((resolve) => this.#aedes.close(() => resolve()));
  }
}

/** Lets aedes go on with its protocol (acknowledge, then publish) while nobody receives anything. */
function dropQuietly(packet: PublishPacket): void {
  packet.topic = refusedTopic;
  packet.payload = Buffer.alloc(0);
  packet.retain = false;
}

/**
 * aedes waits until every subscriber has taken a message before it reads on from the publisher, so
 * that one frozen subscriber would hold up all readings. Here the publisher goes on at once, and
 * `outboundBytes` bounds what waits for a subscriber.
 */
function forwardWithoutWaiting(aedes: Aedes): void {
  const { mq } = aedes as unknown as { mq: { emit(packet: object, done?: () => void): void } };
  const emit = mq.emit.bind(mq);
  mq.emit = (packet, done) => {
    emit(packet);
    if (done) setImmediate(done);
  };
}
