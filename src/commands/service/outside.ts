import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import {
  createEmbeddedBroker,
  type EmbeddedBroker,
} from '../../adapters/broker/embedded-broker.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { type DataFolder, openDataFolder } from '../../adapters/data-folder/data-folder.ts';
import type { Readiness } from '../../adapters/http/health.ts';
import { createHttpServer, type HttpServer } from '../../adapters/http/http-server.ts';
import {
  createWebSocketServer,
  type WebSocketServer,
} from '../../adapters/websocket/websocket-server.ts';
import type { Configuration } from '../../config/configuration.ts';
import { type Access, createAccess } from '../../pipeline/access.ts';
import { type OriginRules, originRules } from '../../pipeline/origin.ts';
import type { Logger } from '../../pipeline/ports.ts';
import type { MeasuredParts } from './service-metrics.ts';
import { serviceMetrics } from './service-metrics.ts';

/** What the service holds of the world: a locked folder and the ports it listens on. */
export interface Outside {
  readonly folder: DataFolder;
  readonly http: HttpServer;
  readonly httpPort: number;
  readonly websocket: WebSocketServer;
  /** Null: no embedded broker. */
  readonly broker: EmbeddedBroker | null;
  readonly mqttPort: number | null;
}

export interface OutsideOptions {
  readonly configuration: Configuration;
  /** Absolute. */
  readonly dataDir: string;
  readonly pageDir: string;
  readonly version: string;
  readonly log: Logger & FastifyBaseLogger;
  readonly readiness: () => Readiness;
  readonly parts: MeasuredParts;
}

/**
 * Takes the folder and the ports, or nothing: what was taken is given back when a later one is not
 * to be had. Nothing is logged and nobody is served yet.
 */
export async function takeOutside(options: OutsideOptions): Promise<Outside> {
  const { dataDir: dir, version } = options;
  const folder = await openDataFolder({ dir, version, now: systemClock.now() });
  const undo: (() => Promise<unknown>)[] = [() => folder.release()];
  try {
    const door = doorOf(options);
    const http = await makeHttpServer(options, door);
    undo.push(() => http.close());
    const websocket = makeWebSocketServer(options, door, http);
    undo.push(() => websocket.close());
    const { port: httpPort } = await http.listen();
    const broker = makeBroker(options);
    if (broker === null) return { folder, http, httpPort, websocket, broker, mqttPort: null };
    undo.push(() => broker.close());
    const { port: mqttPort } = await broker.listen();
    return { folder, http, httpPort, websocket, broker, mqttPort };
  } catch (error) {
    for (const action of undo.reverse()) await action();
    throw error;
  }
}

/** Who may come in, and from which pages: the same for HTTP and WebSocket. */
interface Door {
  readonly access: Access;
  readonly origins: OriginRules;
}

function doorOf({ configuration: { http } }: OutsideOptions): Door {
  const { host, tokens, origins } = http;
  return {
    access: createAccess(tokens),
    origins: originRules({ host, hasTokens: tokens.length > 0, origins }),
  };
}

function makeHttpServer(options: OutsideOptions, door: Door): Promise<HttpServer> {
  const { http } = options.configuration;
  return createHttpServer({
    host: http.host,
    port: http.port,
    ...door,
    pageDirectory: options.pageDir,
    readiness: options.readiness,
    metrics: serviceMetrics(options.parts),
    // Errors only: a page that is not built yet is no news.
    log: options.log.child({}, { level: 'error' }),
  });
}

function makeWebSocketServer(
  options: OutsideOptions,
  door: Door,
  http: HttpServer,
): WebSocketServer {
  const websocket = createWebSocketServer({
    server: http.server,
    version: options.version,
    epoch: randomBytes(4).toString('hex'),
    ...door,
    clock: systemClock,
  });
  options.parts.websocket = websocket;
  return websocket;
}

function makeBroker(options: OutsideOptions): EmbeddedBroker | null {
  const { broker, mqtt } = options.configuration;
  if (!broker.enabled) return null;
  const { host, port } = broker;
  const made = createEmbeddedBroker({ host, port, log: options.log, ownPrefix: `${mqtt.prefix}/` });
  options.parts.broker = made;
  return made;
}
