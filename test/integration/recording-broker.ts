import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** A broker that keeps what it accepts and can hold back acknowledgements or cut connections. */
export class RecordingBroker {
  readonly received: string[] = [];
  /** The same with their flags; those of a last will are here too. */
  readonly packets: { topic: string; payload: string; retain: boolean; qos: number }[] = [];
  readonly clientIds: string[] = [];
  /** Acknowledgements held back, oldest first; null: none are. */
  held: (() => void)[] | null = null;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | null = null;
  #server: Server | null = null;
  port = 0;

  async listen(port = 0): Promise<void> {
    const aedes = await Aedes.createBroker({
      authorizePublish: (_client, packet, done) => {
        const { topic, retain, qos } = packet;
        const payload = String(packet.payload);
        this.received.push(`${topic} ${payload}`);
        this.packets.push({ topic, payload, retain, qos });
        if (this.held === null) done(null);
        else this.held.push(() => done(null));
      },
    });
    aedes.on('client', (client) => this.clientIds.push(client.id));
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#aedes = aedes;
    this.#server = server;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const acknowledge of held) acknowledge();
  }

  async close(): Promise<void> {
    this.release();
    const closed = new Promise<void>((resolve) => this.#server?.close(() => resolve()));
    this.cut();
    await closed;
    await new Promise<void>((done) => this.#aedes?.close(() => done()));
  }
}
