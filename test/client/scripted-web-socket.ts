import { VirtualTimeScheduler } from 'rxjs';
import type { WebSocketConstructor, WebSocketLike } from '../../src/client/web-socket-like.ts';

type Listener = (event: never) => void;

/** A socket whose server is the test: it says what arrives and reads what was sent. */
class ScriptedSocket implements WebSocketLike {
  readonly url: string;
  readonly protocol: string;
  readonly sent: Record<string, unknown>[];
  closed: boolean;
  readonly #listeners: Map<string, Listener[]>;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    this.sent = [];
    this.closed = false;
    this.#listeners = new Map();
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.closed = true;
  }

  says(message: object | string): void {
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    this.#dispatch('message', { data });
  }

  closes(code: number): void {
    this.closed = true;
    this.#dispatch('close', { code, reason: '' });
  }

  greets(auth: 'none' | 'token' = 'none'): void {
    this.says({ type: 'hello', proto: 1, server: '1.0.0', epoch: 'e1', auth, ping: 25_000 });
    if (auth === 'none') this.says({ type: 'ready' });
  }

  #dispatch(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

/** All sockets a client opens, in order, and the virtual time its timers run in. */
export function scriptedNetwork() {
  const sockets: ScriptedSocket[] = [];
  const scheduler = new VirtualTimeScheduler();
  const WebSocket = class extends ScriptedSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
  } as WebSocketConstructor;
  return {
    sockets,
    options: { WebSocket, scheduler, random: () => 0 },
    /** Runs every timer due within the next `ms` milliseconds. */
    advance(ms: number): void {
      scheduler.maxFrames = scheduler.frame + ms;
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
    },
  };
}
