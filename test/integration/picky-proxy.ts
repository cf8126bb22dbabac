import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes requests on to InfluxDB, but answers 400 as it would when the body has a bad line. */
export class PickyProxy {
  readonly #server: Server;
  refusals = 0;

  private constructor(target: string, bad: string) {
    this.#server = createServer(async (incoming, outgoing) => {
      const pieces: Buffer[] = [];
      for await (const piece of incoming) pieces.push(piece);
      const body = Buffer.concat(pieces);
      if (body.includes(bad)) {
        this.refusals += 1;
        outgoing.writeHead(400, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify({ error: 'unable to parse: this one is bad' }));
        return;
      }
      const { method, headers, url } = incoming;
      const passed = request(`${target}${url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      passed.end(body);
    });
  }

  /** Refuses bodies in which these words are. */
  static async start(target: string, bad: string): Promise<PickyProxy> {
    const proxy = new PickyProxy(target, bad);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
