import type { Socket } from 'node:net';
import type { ClientSocket } from './client-socket.ts';
import type { SessionTransport } from './session-outbox.ts';

/** One socket as a transport, with the signs that it is alive. */
export class ClientConnection implements SessionTransport {
  readonly address: string;
  readonly #socket: ClientSocket;
  /** Below the WebSocket: corked so that several frames are one write. */
  readonly #stream: Socket;
  readonly #onDrained: () => void;
  /** Bytes handed over since the start, frame headers included. */
  #handedBytes: number;
  #takenBytes: number;
  #progressAt: number;
  #pingedAt: number;
  #unansweredPings: number;

  constructor(
    socket: ClientSocket,
    options: { stream: Socket; address: string; now: number; onDrained: () => void },
  ) {
    this.address = options.address;
    this.#socket = socket;
    this.#stream = options.stream;
    this.#onDrained = options.onDrained;
    this.#handedBytes = 0;
    this.#takenBytes = 0;
    this.#progressAt = options.now;
    this.#pingedAt = options.now;
    this.#unansweredPings = 0;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(frames: readonly string[]): void {
    this.#stream.cork();
    const last = frames.length - 1;
    frames.forEach((text, index) => {
      const bytes = Buffer.from(text);
      this.#handedBytes += bytes.length + headerBytes(bytes.length);
      const options = { binary: false };
      if (index === last) this.#socket.send(bytes, options, this.#onDrained);
      else this.#socket.send(bytes, options);
    });
    this.#stream.uncork();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Whether bytes have waited for `stuckMs` without one of them leaving. */
  isStuck(now: number, stuckMs: number): boolean {
    const buffered = this.bufferedBytes;
    const taken = this.#handedBytes - buffered;
    if (buffered === 0 || taken > this.#takenBytes) {
      this.#takenBytes = taken;
      this.#progressAt = now;
      return false;
    }
    return now - this.#progressAt > stuckMs;
  }

  /** Pings when it is time; false when two pings in a row went unanswered. */
  keepAlive(now: number, pingMs: number): boolean {
    if (now - this.#pingedAt < pingMs) return true;
    if (this.#unansweredPings >= 2) return false;
    this.#pingedAt = now;
    this.#unansweredPings++;
    this.#socket.ping();
    return true;
  }

  /** Anything came from the client. */
  heard(): void {
    this.#unansweredPings = 0;
  }
}

/** Bytes of an unmasked frame's header. */
function headerBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}
