import type { Socket } from 'node:net';

/**
 * Sockets that were accepted before there was anyone to serve them. They are not read while they
 * wait, so the kernel's buffers hold what the devices already send; once opened, each goes to
 * `serve` at once. The server's connection limit bounds how many wait.
 */
export class WaitingRoom {
  readonly #serve: (socket: Socket) => void;
  readonly #waiting: Set<Socket>;
  #open: boolean;

  constructor(serve: (socket: Socket) => void) {
    this.#serve = serve;
    this.#waiting = new Set();
    this.#open = false;
  }

  get count(): number {
    return this.#waiting.size;
  }

  enter(socket: Socket): void {
    if (this.#open) {
      this.#serve(socket);
      return;
    }
    this.#waiting.add(socket);
    socket.on('error', destroyOnError);
    socket.once('close', () => this.#waiting.delete(socket));
  }

  /** Serves all who wait, in order of arrival, and from now on everyone who comes. */
  open(): void {
    this.#open = true;
    for (const socket of this.#waiting) {
      socket.off('error', destroyOnError);
      this.#serve(socket);
    }
    this.#waiting.clear();
  }

  /** Turns away all who wait. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }
}

function destroyOnError(this: Socket): void {
  this.destroy();
}
