import { connect, type MqttClient, ReasonCodes } from 'mqtt';
import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import type { Clock, Message, MessageSource } from '../../pipeline/ports.ts';
import { brokerPlace } from './broker-place.ts';
import { type ConnectionOptions, mqttClientOptions } from './client-options.ts';
import { connectionProblem } from './connection-problem.ts';
import { Intake, type IntakeCounters } from './intake.ts';
import { ReconnectPolicy } from './reconnect-policy.ts';
import { SilenceWatch } from './silence-watch.ts';
import { type SubscriptionOptions, Subscriptions } from './subscriptions.ts';

/**
 * Readings from an outside broker, through mqtt.js.
 *
 * mqtt.js acknowledges a QoS 1 message in the turn it was emitted, or handles strictly one at a time
 * when told to wait. So the message is told to be QoS 0 before mqtt.js looks at it, and its PUBACK is
 * ours: it leaves in order, after `acknowledge`, while many are in flight (`unacknowledgedMax`; above
 * it the socket is not read, see `intake.ts`). A PUBACK never crosses connections: after a
 * reconnection the broker sends again what it has no PUBACK for, and may have given the identifier
 * to another message.
 */

/** Where the connection stands; `subscribed` once the broker has granted every filter. */
type MqttSourceState = 'connecting' | 'subscribed' | 'offline';

export interface MqttSourceOptions extends ConnectionOptions, Omit<SubscriptionOptions, 'broker'> {
  readonly url: string;
  /** Topics under it are ours: acknowledged and dropped. Ends in a slash. */
  readonly ownPrefix: string;
  readonly clock: Clock;
  /** 0 ≤ x < 1, for the pauses between attempts. */
  readonly random: () => number;
  /** Messages handed on and not acknowledged; default 10,000, at most 65,535. */
  readonly unacknowledgedMax?: number;
  /** Bytes held when the socket must be read all the same; default 32 MiB. */
  readonly heldBytesMax?: number;
  /** Shortest silence on a connection that is acted on; default 60 s. */
  readonly silenceMs?: number;
}

/** Counts since the source was made; read-only to others. */
interface MqttSourceCounters extends IntakeCounters {
  /** Connections the broker accepted. */
  connections: number;
  /** Times the broker had forgotten our session, and with it what it kept for us. */
  sessionsLost: number;
  /** Attempts to end a silence by subscribing again. */
  resubscriptions: number;
  /** Attempts to end a silence by connecting again. */
  silentReconnections: number;
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

/** How long `close` waits for the pipeline's acknowledgements, and again for the broker. */
const closeTimeoutMs = 2_000;
const unacknowledgedDefault = 10_000;
const heldBytesDefault = 32 * 1024 * 1024;
const silenceDefaultMs = 60_000;
/** Reason code of an MQTT 5 DISCONNECT. */
const sessionTakenOver = 0x8e;
/** The silence is looked at this many times in its shortest span. */
const silenceChecks = 12;

class MqttJsSource implements MqttSource {
  readonly messages$: Observable<Message>;
  readonly state$: Observable<MqttSourceState>;
  readonly #options: MqttSourceOptions;
  readonly #place: string;
  readonly #messages$: Subject<Message>;
  readonly #states$: BehaviorSubject<MqttSourceState>;
  readonly #intake: Intake;
  readonly #policy: ReconnectPolicy;
  readonly #silence: SilenceWatch;
  readonly #silenceTimer: NodeJS.Timeout;
  readonly #client: MqttClient;
  readonly #subscriptions: Subscriptions;
  #connections: number;
  #resubscriptions: number;
  #silentReconnections: number;
  #reconnectTimer: NodeJS.Timeout | null;
  /** Why the connection that is about to close does so; null: the broker has not said. */
  #reason: string | null;
  #problem: string | null;
  /** We connect again to end a silence: nobody needs to know unless it fails. */
  #isRenewing: boolean;
  #contestTold: boolean;
  #closing: Promise<void> | null;

  constructor(options: MqttSourceOptions) {
    const { ownPrefix, url } = options;
    const unacknowledgedMax = options.unacknowledgedMax ?? unacknowledgedDefault;
    const silenceMs = options.silenceMs ?? silenceDefaultMs;
    this.#options = options;
    this.#place = brokerPlace(url);
    this.#messages$ = new Subject();
    this.#states$ = new BehaviorSubject<MqttSourceState>('connecting');
    this.messages$ = this.#messages$.asObservable();
    this.state$ = this.#states$.asObservable();
    this.#intake = new Intake({
      ownPrefix,
      unacknowledgedMax,
      pauseMsMax: (options.keepaliveSeconds * 1_000) / 2,
      heldBytesMax: options.heldBytesMax ?? heldBytesDefault,
      emit: (message) => this.#messages$.next(message),
      overflow: () => this.#giveUp('more came in than could be taken'),
    });
    this.#policy = new ReconnectPolicy(options.random);
    this.#silence = new SilenceWatch(silenceMs);
    this.#connections = 0;
    this.#resubscriptions = 0;
    this.#silentReconnections = 0;
    this.#reconnectTimer = null;
    this.#reason = null;
    this.#problem = 'the broker has not answered yet';
    this.#isRenewing = false;
    this.#contestTold = false;
    this.#closing = null;
    this.#client = connect(url, mqttClientOptions(options, unacknowledgedMax));
    this.#subscriptions = new Subscriptions(this.#client, { ...options, broker: this.#place });
    this.#silenceTimer = setInterval(() => this.#checkSilence(), silenceMs / silenceChecks);
    this.#listen();
  }

  get counters(): MqttSourceCounters {
    return {
      ...this.#intake.counters,
      connections: this.#connections,
      sessionsLost: this.#subscriptions.sessionsLost,
      resubscriptions: this.#resubscriptions,
      silentReconnections: this.#silentReconnections,
    };
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
    const intake = this.#intake;
    client.on('packetreceive', (packet) => intake.inspect(packet));
    client.on('message', (topic, payload, packet) => intake.take(topic, payload, packet));
    client.handleMessage = (_packet, done) => intake.goOn(done);
    client.on('connect', ({ sessionPresent }) => this.#begin(sessionPresent));
    // A connection that broke the protocol is still open, but nothing more is read from it.
    client.on('error', (error) => this.#giveUp(connectionProblem(error)));
    client.on('disconnect', ({ reasonCode }) => this.#noteDisconnect(reasonCode ?? 0));
    client.on('close', () => this.#retry());
  }

  /** Ends the connection because of us or of an error that is known. */
  #giveUp(reason: string): void {
    this.#reason = reason;
    this.#client.stream.destroy();
  }

  /** MQTT 5 only; a session taken over is told by what follows, as with MQTT 3.1.1. */
  #noteDisconnect(code: number): void {
    if (code === sessionTakenOver) return;
    const words = (ReasonCodes as Record<number, string>)[code] ?? `reason ${code}`;
    this.#reason = `the broker ended the connection: ${words || 'without a reason'}`;
  }

  #begin(sessionPresent: boolean): void {
    if (this.#closing) return;
    const { stream } = this.#client;
    this.#connections++;
    this.#reason = null;
    this.#intake.begin(stream, () => stream === this.#client.stream);
    this.#subscriptions.establish(sessionPresent, (problem) => {
      if (this.#closing) return;
      if (problem === null) this.#subscribed();
      else this.#giveUp(this.#reason ?? problem);
    });
  }

  #subscribed(): void {
    const now = this.#options.clock.now();
    this.#policy.accepted(now);
    this.#silence.connected(now);
    this.#isRenewing = false;
    this.#problem = null;
    if (this.#states$.value === 'subscribed') return;
    if (!this.#contestTold) {
      this.#options.log.info({ broker: this.#place }, 'The broker is connected.');
    }
    this.#states$.next('subscribed');
  }

  #checkSilence(): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    if (this.#states$.value !== 'subscribed') return;
    if (!this.#intake.isFlowing) {
      this.#silence.excuse(now);
      return;
    }
    const isNew = !this.#silence.isTrying;
    const action = this.#silence.check(now, this.#intake.live);
    if (action === null) return;
    if (isNew) {
      const message = 'Connected, but nothing comes any more; subscribing again, then connecting.';
      log.warn({ broker: this.#place }, message);
    }
    if (action === 'resubscribe') {
      this.#resubscriptions++;
      this.#subscriptions.renew((problem) => {
        if (problem !== null && !this.#closing) this.#giveUp(this.#reason ?? problem);
      });
    } else {
      this.#silentReconnections++;
      this.#isRenewing = true;
      this.#giveUp('nothing came any more');
    }
  }

  #retry(): void {
    if (this.#closing || this.#reconnectTimer) return;
    const isSubscribed = this.#states$.value === 'subscribed' && !this.#isRenewing;
    const evicted = isSubscribed && this.#reason === null;
    const delayMs = this.#policy.closed(this.#options.clock.now(), evicted ? 'evicted' : 'failed');
    if (this.#isRenewing) this.#isRenewing = false;
    else this.#goOffline();
    this.#reason = null;
    this.#reconnectTimer = setTimeout(() => {
      this.#reconnectTimer = null;
      this.#client.reconnect();
    }, delayMs);
  }

  /** Tells once why, until there is a lasting connection again. */
  #goOffline(): void {
    const { clientId, log } = this.#options;
    const { isContested } = this.#policy;
    this.#problem = isContested
      ? `the broker accepts our connection and soon closes it, again and again; another client ` +
        `probably uses the client id "${clientId}" (mqtt.clientId)`
      : (this.#reason ?? 'the connection was closed');
    const fields = { broker: this.#place, problem: this.#problem };
    if (isContested && !this.#contestTold) {
      log.warn(fields, 'The broker keeps closing our connection.');
    } else if (!isContested && this.#states$.value !== 'offline') {
      log.warn(fields, 'The broker cannot be used; trying again until it can.');
    }
    this.#contestTold = isContested;
    if (this.#states$.value !== 'offline') this.#states$.next('offline');
  }

  async #close(): Promise<void> {
    clearInterval(this.#silenceTimer);
    if (this.#reconnectTimer) clearTimeout(this.#reconnectTimer);
    const drained = this.#intake.stop();
    if (this.#client.connected) await within(closeTimeoutMs, drained);
    // A forced end would destroy the socket, and with it PUBACKs that were just written.
    await within(closeTimeoutMs, this.#client.endAsync(!this.#client.connected));
    this.#client.stream.destroy();
    this.#messages$.complete();
    this.#states$.next('offline');
    this.#states$.complete();
  }
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
