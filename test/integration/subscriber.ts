import { once } from 'node:events';
import WebSocket from 'ws';

/** A message of the server; what it holds is the test's business. */
export type ServerMessage = Record<string, unknown> & { readonly type: string };
export type Item = Record<string, unknown> & { readonly kind: string; readonly stream: string };

const waitMsMax = 15_000;

/** A WebSocket client that keeps everything it was sent. */
export class Subscriber {
  readonly messages: ServerMessage[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #readers: Set<() => void>;

  constructor(url: string, headers: Record<string, string> = {}) {
    const address = `${url.replace(/^http/, 'ws')}/v1/ws`;
    this.#readers = new Set();
    this.#socket = new WebSocket(address, 'inkling.v1.json', { headers });
    this.#socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)));
      for (const look of [...this.#readers]) look();
    });
    this.#socket.on('error', () => {});
    this.closed = once(this.#socket, 'close').then(([code]) => code as number);
  }

  /** Every item of every batch so far. */
  get items(): Item[] {
    const batches = this.messages.filter(({ type }) => type === 'batch');
    return batches.flatMap((batch) => batch['items'] as Item[]);
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async subscribe(subscription: Record<string, unknown>): Promise<ServerMessage> {
    await this.message(({ type }) => type === 'hello' || type === 'ready');
    this.send({ id: 'subscribe', type: 'subscribe', ...subscription });
    return this.message(({ id }) => id === 'subscribe');
  }

  /** The first message, of those received or to come, that `matches`. */
  async message(matches: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    await this.until('the message came', () => this.messages.some(matches));
    return this.messages.find(matches)!;
  }

  until(what: string, condition: () => boolean, msMax = waitMsMax): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#readers.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#readers.delete(look);
        const last = JSON.stringify(this.messages.slice(-3)).slice(0, 1_000);
        reject(new Error(`Expected that ${what} within ${msMax} ms. Last messages: ${last}`));
      }, msMax);
      this.#readers.add(look);
      look();
    });
  }

  close(): void {
    this.#socket.close();
  }
}
