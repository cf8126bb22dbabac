import {
  BehaviorSubject,
  interval,
  type Observable,
  type SchedulerLike,
  Subject,
  Subscription,
  timer,
} from 'rxjs';
import type { ClientMessageInput } from '../protocol/client-messages.ts';
import type { ServerMessage } from '../protocol/server-messages.ts';
import { backOffMs } from './back-off.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';

/**
 * One logical connection over many sockets:
 *
 *   connecting ──hello, (auth), ready──▶ ready
 *       ▲                                  │ closed, or silent for two ping periods
 *       └──── back-off ── disconnected ◀───┘
 *
 * A refusal of the token ends in `unauthorised`: asking again with the same token cannot help, so
 * nothing more is tried. Messages are handed on only while ready; what is sent at other times is
 * refused, never queued, since every subscription is sent anew after each `ready`.
 */
export type ConnectionState = 'connecting' | 'ready' | 'disconnected' | 'unauthorised';

export interface ConnectionOptions {
  readonly url: string;
  /** Sent when the server asks for one; null: none. */
  readonly token: string | null;
  readonly WebSocket: WebSocketConstructor;
  /** Numbers in [0, 1), for the jitter of the back-off. */
  readonly random: () => number;
  /** Where timers run; virtual time in tests. */
  readonly scheduler: SchedulerLike;
}

const subprotocol = 'inkling.v1.json';
const handshakeMsMax = 10_000;
const closeUnauthorised = 4401;
const closeForbidden = 4403;

export class Connection {
  /** The present state at once, then every change; completes on `close`. */
  readonly state$: Observable<ConnectionState>;
  /** What the server sends between `ready` and the loss of the socket; completes on `close`. */
  readonly messages$: Observable<ServerMessage>;

  readonly #options: ConnectionOptions;
  readonly #state: BehaviorSubject<ConnectionState>;
  readonly #messages: Subject<ServerMessage>;
  #socket: WebSocketLike | null;
  /** Handshake limit, heartbeat or back-off: there is never more than one. */
  #timer: Subscription;
  #attempt: number;
  #pingMs: number;
  #heard: boolean;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#state = new BehaviorSubject<ConnectionState>('connecting');
    this.#messages = new Subject();
    this.#socket = null;
    this.#timer = Subscription.EMPTY;
    this.#attempt = 0;
    this.#pingMs = 0;
    this.#heard = false;
    this.state$ = this.#state.asObservable();
    this.messages$ = this.#messages.asObservable();
    this.#open();
  }

  /** False when the connection is not ready: the message is then gone. */
  send(message: ClientMessageInput): boolean {
    if (this.#state.value !== 'ready' || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Closes the socket for good. Both observables complete; a second call does nothing. */
  close(): void {
    this.#abandon();
    this.#state.complete();
    this.#messages.complete();
  }

  #open(): void {
    this.#enter('connecting');
    const socket = new this.#options.WebSocket(this.#options.url, subprotocol);
    this.#socket = socket;
    this.#schedule(timer(handshakeMsMax, this.#options.scheduler), () => this.#lose());
    // A socket given up may still speak; only the present one is heard.
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket === socket) this.#receive(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (this.#socket === socket) this.#closed(code);
    });
    // The close event follows and says more; but `ws` throws when nobody listens.
    socket.addEventListener('error', () => {});
  }

  #receive(data: unknown): void {
    const message = parseMessage(data);
    if (message === null) return;
    this.#heard = true;
    if (message.type === 'hello') {
      this.#pingMs = message.ping;
      if (message.auth === 'token') this.#authenticate();
    } else if (message.type === 'ready') {
      this.#schedule(interval(this.#pingMs, this.#options.scheduler), () => this.#beat());
      this.#enter('ready');
    } else if (this.#state.value === 'ready') {
      this.#messages.next(message);
    }
  }

  #authenticate(): void {
    if (this.#options.token === null) {
      this.#refused();
      return;
    }
    this.#socket?.send(JSON.stringify({ type: 'auth', token: this.#options.token }));
  }

  /** One ping a period; a period without a single message means that the other side is gone. */
  #beat(): void {
    // Only a connection that lasted counts as recovered; one refused right after `ready` keeps
    // backing off.
    this.#attempt = 0;
    if (!this.#heard) {
      this.#lose();
      return;
    }
    this.#heard = false;
    this.send({ type: 'ping' });
  }

  #closed(code: number): void {
    if (code === closeUnauthorised || code === closeForbidden) this.#refused();
    else this.#lose();
  }

  #refused(): void {
    this.#abandon();
    this.#enter('unauthorised');
  }

  #lose(): void {
    this.#abandon();
    const delayMs = backOffMs(this.#attempt, this.#options.random);
    this.#attempt += 1;
    this.#schedule(timer(delayMs, this.#options.scheduler), () => this.#open());
    this.#enter('disconnected');
  }

  #abandon(): void {
    this.#timer.unsubscribe();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #schedule(ticks$: Observable<number>, act: () => void): void {
    this.#timer.unsubscribe();
    this.#timer = ticks$.subscribe(act);
  }

  #enter(state: ConnectionState): void {
    if (this.#state.value !== state) this.#state.next(state);
  }
}

/** Null for what is no message: a newer server may say things this client does not know. */
function parseMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    const known = typeof value === 'object' && value !== null && 'type' in value;
    return known ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
