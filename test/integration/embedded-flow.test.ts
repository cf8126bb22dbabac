import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folders, type RunningService, startService } from './service-under-test.ts';
import { Subscriber } from './subscriber.ts';

/** One service, one device, one subscriber: what goes in at one end comes out at the others. */
const folders = new Folders();
let service: RunningService;
let device: MqttClient;
let subscriber: Subscriber;

beforeAll(async () => {
  service = await startService(await folders.make(), '--no-simulate');
  device = await mqtt.connectAsync(service.mqttUrl);
  subscriber = new Subscriber(service.url);
  await subscriber.subscribe({ streams: ['**'], mode: 'all' });
});
afterAll(async () => {
  subscriber.close();
  await device.endAsync();
  await service.process.end();
  await folders.remove();
});

const minute = 60_000;
const t0 = Math.floor(Date.now() / minute) * minute - 10 * minute;

async function publish(topic: string, payload: string | Buffer): Promise<void> {
  await device.publishAsync(topic, payload, { qos: 1 });
}

/** The readings of a stream, once there are `count` of them. */
async function readingsOf(stream: string, count: number) {
  const found = () =>
    subscriber.items.filter((item) => item.kind === 'reading' && item.stream === stream);
  await subscriber.until(`${count} readings of ${stream} came`, () => found().length >= count);
  return found();
}

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${service.url}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: text === '' ? null : JSON.parse(text),
  };
}

function post(body: unknown) {
  return call('/v1/readings', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function streamIds(match: string): Promise<string[]> {
  const { body } = await call(`/v1/streams?match=${encodeURIComponent(match)}&limit=1000`);
  return body.streams.map(({ id }: { id: string }) => id);
}

async function rejections(code: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const line = new RegExp(`^inkling_rejections_total\\{code="${code}"\\} (\\d+)$`, 'm');
  return Number(line.exec(text)?.[1] ?? 0);
}

describe('what a device publishes', () => {
  it('may be a bare number, which is timed by its arrival', async () => {
    await publish('bare/temperature', '21.5');
    const [reading] = await readingsOf('bare/temperature', 1);
    expect(reading).toMatchObject({ v: 21.5, flags: [], expected: null, score: null });
    expect(Math.abs(Date.now() - (reading!['t'] as number))).toBeLessThan(10_000);
  });

  it('may carry its own time and unit', async () => {
    await publish('timed/a', JSON.stringify({ v: 21.5, t: t0, u: '°C' }));
    await publish('timed/b', JSON.stringify({ value: 7, timestamp: t0 / 1_000 }));
    expect(await readingsOf('timed/a', 1)).toMatchObject([{ t: t0, v: 21.5 }]);
    expect(await readingsOf('timed/b', 1)).toMatchObject([{ t: t0, v: 7 }]);
  });

  it('may be a list, and is forecast from the second reading on', async () => {
    const list = [3, 4].map((v, k) => ({ t: t0 + k * minute, v }));
    await publish('list/level', JSON.stringify(list));
    expect(await readingsOf('list/level', 2)).toMatchObject(list);
    const { status, body } = await call('/v1/streams/list%2Flevel/forecast');
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: 'forecast', issued: t0 + minute, step: minute });
    expect(body.median[0]).toBe(4);
  });

  it('may be any object: each leaf that is a number, numeric text or a boolean is a stream', async () => {
    const payload = {
      time: t0,
      climate: { temperature: '21.5', humidity: 40, label: 'east', list: [1, 2] },
      'relay on': true,
    };
    await publish('house/hub', JSON.stringify(payload));
    await readingsOf('house/hub/relay%20on', 1);
    expect(await streamIds('house/**')).toEqual([
      'house/hub/climate.humidity',
      'house/hub/climate.temperature',
      'house/hub/relay%20on',
    ]);
    expect(await readingsOf('house/hub/relay%20on', 1)).toMatchObject([{ t: t0, v: 1 }]);
  });

  it('may say that a value is missing', async () => {
    await publish('missing/a', JSON.stringify({ v: 1, t: t0 }));
    for (const [k, payload] of [null, 'nan', 'None'].entries()) {
      await publish('missing/a', JSON.stringify({ v: payload, t: t0 + (k + 1) * minute }));
    }
    await publish('missing/b', 'NaN');
    await publish('missing/c', '{"v":1e999}');
    expect((await readingsOf('missing/a', 4)).map(({ v }) => v)).toEqual([1, null, null, null]);
    expect(await readingsOf('missing/b', 1)).toMatchObject([{ v: null }]);
    expect(await readingsOf('missing/c', 1)).toMatchObject([{ v: null }]);
  });

  it('is rejected and counted by code when it cannot be read, and the service goes on', async () => {
    const cases: [string, string | Buffer][] = [
      ['ERR_PAYLOAD_NOT_READABLE', 'hello there'],
      ['ERR_PAYLOAD_NOT_TEXT', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
      ['ERR_PAYLOAD_TOO_BIG', Buffer.alloc(1_000_000, '1')],
      ['ERR_PAYLOAD_EMPTY', ' '],
      ['ERR_PAYLOAD_NO_READING', '{"name":"east"}'],
    ];
    for (const [code, payload] of cases) {
      const before = await rejections(code);
      await publish(`broken/${code.toLowerCase()}`, payload);
      expect(await rejections(code), code).toBe(before + 1);
    }
    const { body } = await call('/v1/rejections');
    const listed = body.rejections.map(({ code }: { code: string }) => code);
    for (const [code] of cases) expect(listed).toContain(code);
    expect(await streamIds('broken/**')).toEqual([]);
  });

  it('cannot reach into the program by its names', async () => {
    await publish('names', '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"a":3}');
    await publish('__proto__', '4');
    await readingsOf('__proto__', 1);
    await readingsOf('names/a', 1);
    expect(await streamIds('names/**')).toContain('names/constructor.prototype');
    const { body } = await call('/v1/streams/__proto__/history');
    expect(body.v).toEqual([4]);
  });

  it('is dropped under our own prefix, and acknowledged', async () => {
    await publish('inkling/forecast/mine', '1');
    await publish('after/own', '1');
    await readingsOf('after/own', 1);
    expect(await streamIds('inkling/**')).toEqual([]);
  });
});

describe('HTTP', () => {
  it('takes readings with 202, after which they are shown', async () => {
    const readings = [1, 2, 3].map((v, k) => ({ stream: 'posted/a', t: t0 + k * minute, v }));
    expect((await post(readings)).status).toBe(202);
    const { body } = await call('/v1/streams/posted%2Fa/history');
    expect(body).toEqual({ t: readings.map(({ t }) => t), v: [1, 2, 3] });
    const newest = await call(`/v1/streams/posted%2Fa/history?from=${t0 + minute}&limit=1`);
    expect(newest.body).toEqual({ t: [t0 + 2 * minute], v: [3] });
  });

  it('lists streams page by page', async () => {
    await post(['c', 'a', 'b'].map((name) => ({ stream: `paged/${name}`, t: t0, v: 1 })));
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const from: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
      const { body } = await call(`/v1/streams?match=paged%2F*&limit=2${from}`);
      seen.push(...body.streams.map(({ id }: { id: string }) => id));
      after = body.next;
    }
    expect(seen).toEqual(['paged/a', 'paged/b', 'paged/c']);
    const { body } = await call('/v1/streams?match=paged%2Fa');
    expect(body.streams[0]).toMatchObject({ id: 'paged/a', last: { t: t0, v: 1 }, skill: null });
  });

  it('shows the recurrent state of a stream', async () => {
    await post([1, 2, 3].map((v, k) => ({ stream: 'state/a', t: t0 + k * minute, v })));
    const { body } = await call('/v1/streams/state%2Fa/state');
    expect(body.h).toHaveLength(64);
    expect(body.c).toHaveLength(64);
    expect(body.h.some((value: number) => value !== 0)).toBe(true);
    expect(body.steps).toBeGreaterThanOrEqual(2);
  });

  it('names a stream by its id, percent-encoded once more', async () => {
    await publish('odd name/50%', JSON.stringify({ v: 1, t: t0 }));
    const id = 'odd%20name/50%25';
    await readingsOf(id, 1);
    expect((await call(`/v1/streams/${encodeURIComponent(id)}/history`)).body.v).toEqual([1]);
  });

  it('removes a stream', async () => {
    await post([{ stream: 'gone/a', t: t0, v: 1 }]);
    expect((await call('/v1/streams/gone%2Fa', { method: 'DELETE' })).status).toBe(204);
    expect(await streamIds('gone/**')).toEqual([]);
    expect((await call('/v1/streams/gone%2Fa/state')).status).toBe(404);
  });

  it('tells every failure as a problem with our code', async () => {
    const failures: [ReturnType<typeof call>, number, string][] = [
      [call('/v1/streams/none/state'), 404, 'ERR_UNKNOWN_STREAM'],
      [call('/v1/nothing'), 404, 'ERR_NOT_FOUND'],
      [call('/v1/streams', { method: 'PUT' }), 405, 'ERR_METHOD'],
      [call('/v1/streams?limit=many'), 400, 'ERR_REQUEST_INVALID'],
      [post('{'), 400, 'ERR_NOT_JSON'],
      [post([{ stream: 'a', v: 'x' }]), 400, 'ERR_REQUEST_INVALID'],
      [post([{ stream: 'a', t: 'yesterday', v: 1 }]), 400, 'ERR_REQUEST_INVALID'],
    ];
    for (const [answer, status, code] of failures) {
      const { body, type, ...rest } = await answer;
      expect({ status: rest.status, code: body.code }).toEqual({ status, code });
      expect(type).toContain('application/problem+json');
      expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    }
  });
});
