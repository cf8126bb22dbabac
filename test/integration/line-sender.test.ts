import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLineSender } from '../../src/adapters/influx/line-sender.ts';

const clock = { now: () => Date.now() };
const nobody = { username: '', password: '', token: '' };

describe('createLineSender', () => {
  const lines = Buffer.from('m v=1.0 1\n');
  let server: Server;
  let port: number;
  let handle: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;
  let sockets: Set<unknown>;

  beforeAll(async () => {
    sockets = new Set();
    server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      sockets.add(request.socket);
      handle(request, response, Buffer.concat(pieces));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function open(options: { url?: string; token?: string; timeoutMs?: number } = {}) {
    const url = `http://127.0.0.1:${port}`;
    const defaults = { url, database: 'my db', ...nobody, timeoutMs: 5_000, clock };
    return createLineSender({ ...defaults, ...options });
  }

  it('posts to the path below the URL, over one connection', async () => {
    const seen: unknown[] = [];
    handle = ({ method, url, headers }, response, body) => {
      seen.push([method, url, headers['content-encoding'], body.toString()]);
      response.writeHead(204).end();
    };
    const sender = open({ url: `http://127.0.0.1:${port}/influx/` });
    sockets.clear();
    for (let turn = 0; turn < 3; turn++) expect((await sender.send(lines)).status).toBe(204);
    sender.close();
    const target = '/influx/write?db=my+db&precision=ms';
    expect(seen[0]).toEqual(['POST', target, undefined, 'm v=1.0 1\n']);
    expect(seen.length).toBe(3);
    expect(sockets.size).toBe(1);
  });

  it('sends a token, or else a user name with its password', async () => {
    const seen: unknown[] = [];
    handle = ({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(204).end();
    };
    const basic = `Basic ${Buffer.from('me:p/w').toString('base64')}`;
    for (const options of [{ token: 'abc' }, { url: `http://me:p%2Fw@127.0.0.1:${port}` }, {}]) {
      const sender = open(options);
      await sender.send(lines);
      sender.close();
    }
    expect(seen).toEqual(['Token abc', basic, undefined]);
  });

  it('compresses what leaves the machine', async () => {
    const seen: string[] = [];
    handle = ({ headers }, response, body) => {
      seen.push(`${headers['content-encoding']} ${gunzipSync(body).toString()}`);
      response.writeHead(204).end();
    };
    // A name of this machine that does not look like one.
    const sender = open({ url: `http://0.0.0.0:${port}` });
    expect((await sender.send(lines)).status).toBe(204);
    sender.close();
    expect(seen).toEqual(['gzip m v=1.0 1\n']);
  });

  it('reads the words and the pause of an answer', async () => {
    handle = (_, response) => {
      response.writeHead(429, { 'retry-after': '3' }).end('{"message":"slow down"}');
    };
    const sender = open();
    expect(await sender.send(lines)).toEqual({
      status: 429,
      message: 'slow down',
      isFromDatabase: true,
      retryAfterMs: 3_000,
    });
    sender.close();
  });

  it('answers without a status when the server is silent, breaks off, or the sender is closed', async () => {
    handle = () => {};
    const impatient = open({ timeoutMs: 50 });
    expect(await impatient.send(lines)).toEqual({
      status: null,
      message: 'no answer within 50 ms',
    });
    impatient.close();

    handle = (request) => request.socket.destroy();
    const cut = open();
    expect(await cut.send(lines)).toMatchObject({ status: null });
    cut.close();

    handle = (_, response) => {
      response.writeHead(400, { 'content-length': '100' }).write('{"err');
      setImmediate(() => response.destroy());
    };
    const half = open();
    expect(await half.send(lines)).toMatchObject({ status: null });
    half.close();

    const arrived = new Promise<void>((resolve) => {
      handle = () => resolve();
    });
    const closed = open();
    const answer = closed.send(lines);
    await arrived;
    closed.close();
    expect(await answer).toEqual({ status: null, message: 'closed' });
  });

  it('repeats at once what met a connection that the server had just closed', async () => {
    let requests = 0;
    handle = (request, response) => {
      requests += 1;
      if (requests === 2) request.socket.resetAndDestroy();
      else response.writeHead(204).end();
    };
    const sender = open();
    expect((await sender.send(lines)).status).toBe(204);
    expect((await sender.send(lines)).status).toBe(204);
    expect(requests).toBe(3);
    sender.close();
  });
});
