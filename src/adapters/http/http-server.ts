import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import type { Access } from '../../pipeline/access.ts';
import type { OriginRules } from '../../pipeline/origin.ts';
import { InklingError } from '../../protocol/errors.ts';
import { guardRequests } from './guard.ts';
import { addHealth, type Readiness } from './health.ts';
import { addMetricsPage } from './metrics-page.ts';
import { addOverview } from './overview.ts';
import { addPage } from './page.ts';
import { createProblem, handleError, PROBLEM_TYPE } from './problem.ts';
import { addReadings } from './readings.ts';
import type { HttpServices } from './services.ts';
import { addStreams } from './streams.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly access: Access;
  readonly origins: OriginRules;
  /** Folder of the built page; null: no page. It may be filled later. */
  readonly pageDirectory: string | null;
  readonly readiness: () => Readiness;
  readonly metrics: Registry;
  /** Told of requests that failed for a reason of our own; null: nobody. */
  readonly log: FastifyBaseLogger | null;
  readonly bodyBytesMax?: number;
}

export interface HttpServer {
  /** For whoever takes over upgrades. */
  readonly server: Server;
  /** Listens; ERR_PORT_TAKEN when it cannot. Routes under /v1 answer 503 until `attach`. */
  listen(): Promise<{ readonly port: number }>;
  /** Gives the routes what they show. */
  attach(services: HttpServices): void;
  /** Stops listening; resolves when requests in flight are done, or cut off after a second. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;
/** A stream id of 1,024 characters, each up to three bytes, all of them percent-encoded once more. */
const PARAMETER_LENGTH_MAX = 9 * 1024;
const CLOSE_TIMEOUT_MS = 1_000;
const HEADER_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** An HTTP server that can listen before the service behind it is ready. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  let services: HttpServices | null = null;
  const current = () => {
    if (services === null)
      throw new InklingError('ERR_NOT_READY', 'The service is still starting.');
    return services;
  };
  const app = createApp(options);
  app.setErrorHandler(handleError);
  // Only JSON: a form of a foreign page cannot send that without asking first.
  app.removeContentTypeParser('text/plain');
  guardRequests(app, options);
  addHealth(app, options.readiness);
  addMetricsPage(app, options.metrics);
  addStreams(app, current);
  addReadings(app, current);
  addOverview(app, current);
  await addPage(app, options.pageDirectory);
  return {
    server: app.server,
    async listen() {
      const { host, port } = options;
      await app.listen({ host, port }).catch((error) => {
        throw listenError(error, host, port);
      });
      return { port: (app.server.address() as AddressInfo).port };
    },
    attach(given) {
      services = given;
    },
    async close() {
      const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_TIMEOUT_MS);
      await app.close().finally(() => clearTimeout(timer));
    },
  };
}

function createApp(options: HttpServerOptions): FastifyInstance {
  return Fastify({
    // Only errors: that it listens, and what it thinks of a folder not built yet, is ours to tell.
    ...(options.log === null
      ? { logger: false }
      : { loggerInstance: options.log.child({}, { level: 'error' }) }),
    // A line per request would say nothing that the metrics do not.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyBytesMax ?? BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    http: { headersTimeout: HEADER_TIMEOUT_MS, maxHeaderSize: 16 * 1024 },
    // Paths that cannot be decoded never reach a route.
    frameworkErrors: (error, request, reply) => handleError(error, request, reply),
    clientErrorHandler: (error, socket) => answerMalformed(error, socket),
  }) as unknown as FastifyInstance;
}

/** What is no HTTP at all, or came too slowly. */
function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? createProblem('ERR_MESSAGE_TOO_BIG', 'Expected smaller headers.', 431)
      : createProblem('ERR_REQUEST_INVALID', 'Expected an HTTP request.');
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nConnection: close\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const place = `${host} port ${port}`;
  const change = 'choose another with --port or http.port';
  switch (error.code) {
    case 'EADDRINUSE':
      return new InklingError(
        'ERR_PORT_TAKEN',
        `HTTP cannot listen on ${place}: it is taken; ${change}.`,
      );
    case 'EACCES':
      return new InklingError('ERR_PORT_TAKEN', `HTTP may not listen on ${place}; ${change}.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new InklingError(
        'ERR_PORT_TAKEN',
        `HTTP cannot listen on ${place}: the address is not of this machine; see http.host.`,
      );
    default:
      return error;
  }
}
