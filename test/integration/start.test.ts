import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forecastItemSchema } from '../../src/protocol/item-schemas.ts';
import {
  Folders,
  InklingProcess,
  type RunningService,
  ready,
  startArguments,
  startService,
} from './service-under-test.ts';
import { type Item, type ServerMessage, Subscriber } from './subscriber.ts';

const folders = new Folders();
afterAll(() => folders.remove());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(url)).status;
}

describe('a service without configuration', () => {
  let service: RunningService;
  let readyAt: number;
  let subscriber: Subscriber;

  beforeAll(async () => {
    service = await startService(await folders.make());
    readyAt = Date.now();
    subscriber = new Subscriber(service.url);
    await subscriber.subscribe({ streams: ['**'], kinds: ['reading', 'forecast'] });
  });
  afterAll(async () => {
    subscriber.close();
    await service.process.end();
  });

  it('greets with its address, how to publish and how to switch the devices off', () => {
    expect(service.process.out.split('\n')).toEqual([
      expect.stringMatching(/^Inkling is ready: http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/mosquitto_pub -h 127\.0\.0\.1 -p \d+ -t \S+ -m 21\.5$/),
      expect.stringContaining('--no-simulate'),
      '',
    ]);
  });

  it('is ready when it says so', async () => {
    expect(await statusOf(`${service.url}/readyz`)).toBe(200);
    expect(await statusOf(`${service.url}/livez`)).toBe(200);
  });

  it('forecasts every simulated stream within fifteen seconds', async () => {
    const forecast = () => new Map(forecasts(subscriber).map((item) => [item.stream, item]));
    await subscriber.until(
      'each of the 15 simulated streams has a forecast',
      () => forecast().size >= 15,
      15_000 - (Date.now() - readyAt),
    );
    const response = await fetch(`${service.url}/v1/streams`);
    const { streams } = (await response.json()) as { streams: { id: string }[] };
    expect(new Set(streams.map(({ id }) => id))).toEqual(new Set(forecast().keys()));
  });

  it('gives forecasts that are whole, nested, and stepped from their reading', () => {
    const items = forecasts(subscriber);
    expect(items.length).toBeGreaterThanOrEqual(15);
    for (const item of items) expectWhole(item);
  });

  it('starts in the past, and goes on at sixty times the pace of the wall clock', () => {
    const newest = Math.max(...readings(subscriber).map(({ t }) => t as number));
    const day = 24 * 3600 * 1000;
    expect(newest).toBeGreaterThan(Date.now() - 30.1 * day);
    expect(newest).toBeLessThan(Date.now() - 29 * day);
  });

  it('sends the snapshot as the first batch, then only what is new', async () => {
    const late = new Subscriber(service.url);
    const { streams } = await late.subscribe({ streams: ['**'], kinds: ['forecast'] });
    await late.until('two batches came', () => batches(late).length >= 2);
    const [snapshot, next] = batches(late);
    expect(new Set(snapshot!.items.map(({ stream }) => stream)).size).toBe(streams);
    expect(next!.offset).toBeGreaterThan(snapshot!.offset);
    late.close();
  });

  it('serves the page', async () => {
    const response = await fetch(`${service.url}/`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const script = /src="([^"]+\.js)"/.exec(await response.text())?.[1];
    expect((await fetch(new URL(script!, service.url))).status).toBe(200);
  });

  it('logs one JSON object a line', () => {
    expect(service.process.log.length).toBeGreaterThan(0);
    for (const line of service.process.log) {
      expect(line).toMatchObject({ level: expect.anything(), msg: expect.stringMatching(/\.$/) });
    }
  });
});

describe('readiness', () => {
  it('comes at the moment of the greeting, and no earlier', async () => {
    const port = await freePort();
    const starting = new InklingProcess([
      ...startArguments(await folders.make()),
      ...['--port', `${port}`],
    ]);
    const seen: number[] = [];
    const greetedAtFirst200 = (async () => {
      for (;;) {
        const status = await fetch(`http://127.0.0.1:${port}/readyz`).then(
          (response) => response.status,
          () => 0,
        );
        seen.push(status);
        if (status === 200) return Date.now();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await ready(starting);
    const greetedAt = Date.now();
    expect(Math.abs((await greetedAtFirst200) - greetedAt)).toBeLessThan(300);
    expect(new Set(seen)).toEqual(new Set([0, 503, 200]));
    expect((await starting.end()).code).toBe(0);
  });
});

function batches(subscriber: Subscriber) {
  const isBatch = ({ type }: ServerMessage) => type === 'batch';
  return subscriber.messages.filter(isBatch) as unknown as { items: Item[]; offset: number }[];
}

function forecasts(subscriber: Subscriber): Item[] {
  return subscriber.items.filter(({ kind }) => kind === 'forecast');
}

function readings(subscriber: Subscriber): Item[] {
  return subscriber.items.filter(({ kind }) => kind === 'reading');
}

function expectWhole(item: Item): void {
  const { issued, step, targets, median, levels, state } = forecastItemSchema.parse(item);
  expect(state).toBe('warming');
  expect(median).toHaveLength(24);
  expect(targets).toEqual(median.map((_, lead) => issued + (lead + 1) * step));
  expect(levels.map(({ level }) => level)).toEqual([0.5, 0.8, 0.95]);
  const outermost = { lower: median, upper: median };
  levels.reduce((inner, outer) => {
    for (let lead = 0; lead < median.length; lead++) {
      const values = [
        outer.lower[lead]!,
        inner.lower[lead]!,
        inner.upper[lead]!,
        outer.upper[lead]!,
      ];
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    return outer;
  }, outermost);
}
