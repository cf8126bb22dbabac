import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Server as UpgradeServer, WebSocketServer as WsServer } from 'ws';
import type { ForecastDemand } from '../../engine/outcome.ts';
import type { Access } from '../../pipeline/access.ts';
import type { OriginRules } from '../../pipeline/origin.ts';
import type { Clock, OutcomeFeed, StreamDirectory } from '../../pipeline/ports.ts';
import { closeCodes, SUBPROTOCOL } from '../../protocol/limits.ts';
import { ClientConnection } from './client-connection.ts';
import { ClientSocket } from './client-socket.ts';
import { createCounters, type WebSocketCounters } from './counters.ts';
import { Hub } from './hub.ts';
import { defaultLimits, type WebSocketLimits } from './limits.ts';
import type { Session } from './session.ts';
import { judgeUpgrade, refuseUpgrade } from './upgrade.ts';

export interface WebSocketServerOptions {
  /** The HTTP server whose upgrades are ours. */
  readonly server: Server;
  /** Version told to clients. */
  readonly version: string;
  /** Names this run of the service; different at each start. */
  readonly epoch: string;
  readonly access: Access;
  readonly origins: OriginRules;
  /** Only differences of its readings are used. */
  readonly clock: Clock;
  readonly limits?: Partial<WebSocketLimits>;
}

/** What sessions show, once the service has it. */
interface WebSocketServices {
  readonly directory: StreamDirectory;
  readonly feed: OutcomeFeed;
}

export interface WebSocketServer {
  readonly counters: Readonly<WebSocketCounters>;
  /** Whether anyone is subscribed to the forecasts of the stream in this row. */
  readonly wants: ForecastDemand;
  /** From now on clients may come in; before, upgrades are refused with 503. */
  serve(services: WebSocketServices): void;
  /** Closes every client with 1012; resolves when all are gone, after a second at the latest. */
  close(): Promise<void>;
}

const SWEEP_MS = 1_000;
const CLOSE_GRACE_MS = 1_000;

/** Attaches the WebSocket protocol to an HTTP server. */
export function createWebSocketServer(options: WebSocketServerOptions): WebSocketServer {
  return new Clients(options);
}

interface Client {
  readonly connection: ClientConnection;
  readonly session: Session;
}

class Clients implements WebSocketServer {
  readonly counters: WebSocketCounters;
  readonly #options: WebSocketServerOptions;
  readonly #limits: WebSocketLimits;
  readonly #sockets: UpgradeServer<typeof ClientSocket>;
  readonly #clients: Map<ClientSocket, Client>;
  readonly #perAddress: Map<string, number>;
  readonly #sweep: NodeJS.Timeout;
  readonly #onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void;
  #hub: Hub | null;

  constructor(options: WebSocketServerOptions) {
    this.counters = createCounters();
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#sockets = new WsServer({
      noServer: true,
      clientTracking: false,
      maxPayload: this.#limits.messageBytes,
      perMessageDeflate: false,
      handleProtocols: () => SUBPROTOCOL,
      WebSocket: ClientSocket,
    });
    this.#clients = new Map();
    this.#perAddress = new Map();
    this.#sweep = setInterval(() => this.#sweepClients(), SWEEP_MS);
    this.#onUpgrade = (request, stream, head) => this.#upgrade(request, stream, head);
    this.#hub = null;
    options.server.on('upgrade', this.#onUpgrade);
  }

  readonly wants: ForecastDemand = (row) => this.#hub?.wants(row) ?? false;

  serve(services: WebSocketServices): void {
    this.#hub = new Hub({
      server: this.#options.version,
      epoch: this.#options.epoch,
      access: this.#options.access,
      limits: this.#limits,
      clock: this.#options.clock,
      directory: services.directory,
      feed: services.feed,
      counters: this.counters,
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#options.server.off('upgrade', this.#onUpgrade);
    this.#hub?.close();
    const sockets = [...this.#clients.keys()];
    const gone = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, CLOSE_GRACE_MS);
    await gone;
    clearTimeout(cut);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // A client that vanishes while it is being refused is no failure of ours.
    const ignore = () => stream.destroy();
    stream.on('error', ignore);
    const address = request.socket.remoteAddress ?? '';
    const refusal = judgeUpgrade(
      { url: request.url, headers: request.headers, address },
      {
        origins: this.#options.origins,
        isReady: this.#hub !== null,
        clients: this.#clients.size,
        clientsMax: this.#limits.clients,
        clientsOfAddress: (of) => this.#perAddress.get(of) ?? 0,
        clientsPerAddressMax: this.#limits.clientsPerAddress,
      },
    );
    if (refusal !== null) {
      this.counters.refusedTotal++;
      refuseUpgrade(stream, refusal);
      return;
    }
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      stream.off('error', ignore);
      this.#welcome(socket, stream as Socket, address);
    });
  }

  #welcome(socket: ClientSocket, stream: Socket, address: string): void {
    const hub = this.#hub!;
    const connection = new ClientConnection(socket, {
      stream,
      address,
      now: this.#options.clock.now(),
      onDrained: () => {
        if (session.isBehind) hub.drained(session);
      },
    });
    const session = hub.open(connection);
    this.#clients.set(socket, { connection, session });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    this.counters.clients++;
    this.counters.connectionsTotal++;
    this.#listen(socket, { connection, session });
    if (session.state !== 'greeting') return;
    const timer = setTimeout(() => session.authTimedOut(), this.#limits.authMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #listen(socket: ClientSocket, { connection, session }: Client): void {
    socket.on('message', (data, isBinary) => {
      connection.heard();
      if (isBinary) session.close(closeCodes.notJson, 'expected text');
      else session.receive(data.toString());
    });
    socket.on('ping', () => session.countInbound());
    socket.on('pong', () => connection.heard());
    // The library closes after an error by itself; `close` follows.
    socket.on('error', () => session.end());
    socket.once('close', () => {
      this.#hub!.end(session);
      this.#clients.delete(socket);
      this.counters.clients--;
      const left = this.#perAddress.get(connection.address)! - 1;
      if (left === 0) this.#perAddress.delete(connection.address);
      else this.#perAddress.set(connection.address, left);
    });
  }

  #sweepClients(): void {
    const now = this.#options.clock.now();
    this.#hub?.sweep();
    for (const { connection, session } of this.#clients.values()) {
      if (connection.isStuck(now, this.#limits.stuckMs)) session.closeSlow('no progress');
      if (connection.keepAlive(now, this.#limits.pingMs)) continue;
      this.counters.unresponsiveTotal++;
      connection.terminate();
    }
  }
}
