import { type IncomingMessage, Agent as PlainAgent, request as requestPlainly } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../pipeline/ports.ts';
import { retryAfterMs, type ServerAnswer, wordsOf } from './server-answer.ts';

/** Brings bytes to a server: one POST a call, over a connection that stays open. */
export interface LineSender {
  /** Never rejects: what goes wrong is an answer without a status. */
  send(lines: Uint8Array): Promise<ServerAnswer>;
  /** Ends a running request and the connection. */
  close(): void;
}

export interface LineSenderOptions {
  /** http or https; a path is kept as a prefix; credentials in it count when `username` is empty. */
  readonly url: string;
  readonly database: string;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  /** Of InfluxDB 2 or 3; empty: none. Takes precedence over a user name. */
  readonly token: string;
  /** For a whole request with its answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const ANSWER_BYTES_MAX = 65_536;
const compress = promisify(gzip);

export function createLineSender(options: LineSenderOptions): LineSender {
  const url = writeUrl(options);
  const isSecure = url.protocol === 'https:';
  const request = isSecure ? requestSecurely : requestPlainly;
  const agent = new (isSecure ? SecureAgent : PlainAgent)({ keepAlive: true, maxSockets: 1 });
  const isNear = isLoopback(url.hostname);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    ...authorization(options),
    ...(isNear ? {} : { 'content-encoding': 'gzip' }),
  };
  const running = new Set<AbortController>();

  const post = (body: Uint8Array, mayRepeat: boolean): Promise<ServerAnswer> =>
    new Promise((resolve) => {
      const controller = new AbortController();
      const timer = setTimeout(
        () => controller.abort(new Error(`no answer within ${options.timeoutMs} ms`)),
        options.timeoutMs,
      );
      const finish = (answer: ServerAnswer | Promise<ServerAnswer>): void => {
        clearTimeout(timer);
        running.delete(controller);
        resolve(answer);
      };
      running.add(controller);
      const sent = request(
        url,
        {
          method: 'POST',
          agent,
          signal: controller.signal,
          headers: { ...headers, 'content-length': body.byteLength },
        },
        (response) => {
          readAnswer(response, options.clock).then(finish);
        },
      );
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The server may close an idle connection just as we use it again.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
        if (isStale && mayRepeat && !controller.signal.aborted) finish(post(body, false));
        else finish({ status: null, message: describe(error) });
      });
      sent.end(body);
    });

  return {
    send: async (lines) => post(isNear ? lines : await compress(lines, { level: 1 }), true),
    close() {
      for (const controller of running) controller.abort(new Error('closed'));
      agent.destroy();
    },
  };
}

/** The address as it may be shown: without credentials. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

/** User name and password, wherever they were given; null: none. */
export function credentialsOf(options: {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}): { readonly username: string; readonly password: string } | null {
  if (options.username !== '') return options;
  const { username, password } = new URL(options.url);
  if (username === '') return null;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function writeUrl({ url, database }: LineSenderOptions): URL {
  const written = new URL(shownUrl(url));
  written.pathname = `${written.pathname.replace(/\/$/, '')}/write`;
  written.search = new URLSearchParams({ db: database, precision: 'ms' }).toString();
  return written;
}

function authorization(options: LineSenderOptions): Record<string, string> {
  if (options.token !== '') return { authorization: `Token ${options.token}` };
  const credentials = credentialsOf(options);
  if (credentials === null) return {};
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`);
  return { authorization: `Basic ${pair.toString('base64')}` };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

/** Reads the answer to its end, so that the connection can be used again. */
async function readAnswer(response: IncomingMessage, clock: Clock): Promise<ServerAnswer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      if (size < ANSWER_BYTES_MAX) pieces.push(piece);
      size += piece.length;
    }
  } catch (error) {
    return { status: null, message: describe(error as Error) };
  }
  const { message, isFromDatabase } = wordsOf(Buffer.concat(pieces).toString());
  return {
    status: response.statusCode ?? 0,
    message,
    isFromDatabase: isFromDatabase || response.headers['x-influxdb-error'] !== undefined,
    retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.now()),
  };
}

function describe(error: Error): string {
  if (error.name === 'AbortError' && error.cause instanceof Error) return error.cause.message;
  // Node gives the error of several failed addresses no message.
  return error.message || (error as NodeJS.ErrnoException).code || 'unknown error';
}
