import { createServer, type Server, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';

/** A broker that does only what a test tells it: it accepts connections and shows their packets. */
export class FakeBroker {
  readonly connections: FakeConnection[] = [];
  /** What to answer to CONNECT and SUBSCRIBE; null: nothing. */
  sessionPresent = false;
  returnCode = 0;
  granted: number | null = 1;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.connections.push(new FakeConnection(socket, this));
    });
  }

  get latest(): FakeConnection {
    return this.connections.at(-1)!;
  }

  listen(port = 0): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(port, '127.0.0.1', () => {
        resolve((this.#server.address() as { port: number }).port);
      });
    });
  }

  close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

class FakeConnection {
  readonly packets: Packet[] = [];
  readonly socket: Socket;
  readonly #broker: FakeBroker;
  #version: 4 | 5 = 4;

  constructor(socket: Socket, broker: FakeBroker) {
    this.socket = socket;
    this.#broker = broker;
    const parse = parser();
    parse.on('packet', (packet) => this.#answer(packet));
    socket.on('data', (chunk) => parse.parse(chunk));
    socket.on('error', () => {});
  }

  /** Packet identifiers of the PUBACKs so far. */
  get acknowledged(): number[] {
    return this.packets.filter((packet) => packet.cmd === 'puback').map((p) => p.messageId!);
  }

  of<C extends Packet['cmd']>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.packets.filter((packet) => packet.cmd === cmd) as Extract<Packet, { cmd: C }>[];
  }

  publish(messageId: number | null, topic: string, payload: string, retain = false): void {
    const qos = messageId === null ? 0 : 1;
    const identified = messageId === null ? {} : { messageId };
    this.#send({ cmd: 'publish', topic, payload, qos, dup: false, retain, ...identified });
  }

  #answer(packet: Packet): void {
    this.packets.push(packet);
    const { granted, returnCode, sessionPresent } = this.#broker;
    if (packet.cmd === 'connect') {
      this.#version = packet.protocolVersion === 5 ? 5 : 4;
      this.#send({ cmd: 'connack', returnCode, reasonCode: returnCode, sessionPresent });
    }
    if (packet.cmd === 'subscribe' && granted !== null) {
      const codes = packet.subscriptions.map(() => granted);
      this.#send({ cmd: 'suback', messageId: packet.messageId!, granted: codes });
    }
    if (packet.cmd === 'pingreq') this.#send({ cmd: 'pingresp' });
  }

  #send(packet: Packet): void {
    this.socket.write(generate(packet, { protocolVersion: this.#version }));
  }
}
