import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAuthority } from './certificates.ts';
import { freePort, MosquittoServer } from './mosquitto-server.ts';
import { Folders, InklingProcess, ready, startArguments } from './service-under-test.ts';

const folders = new Folders();
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await folders.remove();
});

async function start(configuration: string, ...options: string[]) {
  const data = await folders.make();
  const file = await folders.configuration(configuration);
  const service = new InklingProcess([...startArguments(data, ...options), '--config', file]);
  closers.push(() => service.end());
  return { data, service };
}

describe('a service beside Mosquitto', () => {
  it('takes readings by TLS with its own certificate, and notes what it subscribed to', async () => {
    const authority = createAuthority();
    closers.push(() => authority.remove());
    const { ca } = authority;
    const server = await MosquittoServer.start({ tls: { ca, ...authority.issue('broker') } });
    closers.push(() => server.remove());
    const { cert, key } = authority.issue('inkling');
    const broker = `mqtts://127.0.0.1:${server.port}`;
    const { data, service } = await start(
      `mqtt: { url: "${broker}", ca: "${ca}", cert: "${cert}", key: "${key}" }`,
    );
    const { url } = await ready(service);
    const files = { ca: await readFile(ca), cert: await readFile(cert), key: await readFile(key) };
    const device = await connectAsync(broker, files);
    closers.push(() => device.endAsync());
    await device.publishAsync('plant/a', '21.5', { qos: 1 });
    await vi.waitFor(async () => {
      const answer = await fetch(`${url}/v1/streams`);
      const { streams } = (await answer.json()) as { streams: { id: string }[] };
      expect(streams.map(({ id }) => id)).toEqual(['plant/a']);
    }, 10_000);
    const noted = JSON.parse(await readFile(join(data, 'mqtt-session.json'), 'utf8'));
    expect(noted.sessions).toEqual([{ broker, clientId: 'inkling', filters: ['#'] }]);
  });

  it('says on /readyz that the password is wrong', async () => {
    const server = await MosquittoServer.start({ user: { name: 'inkling', password: 'right' } });
    closers.push(() => server.remove());
    const port = await freePort();
    const url = `mqtt://127.0.0.1:${server.port}`;
    await start(
      `mqtt: { url: "${url}", username: inkling, password: wrong }`,
      ...['--port', `${port}`],
    );
    await vi.waitFor(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
        expect(answer.status).toBe(503);
        expect(await answer.text()).toMatch(/Not authorized.*mqtt\.username and mqtt\.password/);
      },
      { timeout: 25_000, interval: 50 },
    );
  });

  it('ends with 78 when a certificate is not there, naming the key', async () => {
    const { service } = await start('mqtt: { url: "mqtts://127.0.0.1:1", ca: nowhere.pem }');
    const { code, out, err } = await service.ended;
    expect([code, out]).toEqual([78, '']);
    expect(err).toMatch(/mqtt\.ca: expected .* got "nowhere\.pem": .* \(ERR_CONFIG_INVALID\)$/m);
  });
});
