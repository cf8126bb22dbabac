import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInfluxWriter } from '../../src/adapters/influx/influx-writer.ts';
import { openOutbox } from '../../src/adapters/influx/outbox.ts';
import { RejectedFile } from '../../src/adapters/influx/rejected-file.ts';
import { InfluxServer, until } from './influx-server.ts';
import { PickyProxy } from './picky-proxy.ts';
import { PointFeed } from './point-feed.ts';

const startMs = 1_795_385_096_123;
const database = 'outbox';
const perSecond = 2_000;
const clock = { now: () => Date.now() };
const silent = { info: () => {}, warn: () => {}, error: () => {} };

describe('the outbox with InfluxDB', () => {
  let server: InfluxServer;
  let folder: string;
  let feeds: PointFeed[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inkling-outbox-'));
    server = await InfluxServer.prepare();
    feeds = [];
    await server.start();
  });

  afterEach(async () => {
    for (const feed of feeds) await feed.kill();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  function startFeed(first: number, count: number): PointFeed {
    const place = { url: server.url, database, folder };
    const feed = new PointFeed({ ...place, startMs, first, count, perSecond });
    feeds.push(feed);
    return feed;
  }

  /** Numbers of the points in the database: of each its stream and its time must fit. */
  async function numbersIn(): Promise<number[]> {
    const rows = await server
      .client(database)
      .query<{ time: Date; stream: string }>('SELECT value, stream FROM inkling_reading', {
        precision: 'ms',
      });
    return rows
      .map(({ time, stream }) => {
        const number = Number(time) - startMs;
        expect(stream).toBe(`plant/device-${number % 50}/temperature`);
        return number;
      })
      .sort((a, b) => a - b);
  }

  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index);

  const isEmpty = (feed: PointFeed, end: number) =>
    feed.last?.accepted === end && feed.last.queuedPoints === 0;

  it('brings every point when InfluxDB is killed twice while they flow', async () => {
    const feed = startFeed(0, 12_000);
    for (const part of [1, 2]) {
      await until('some points', () => (feed.last?.written ?? 0) > part * 1_000);
      await server.kill();
      await until('it is missed', () => feed.last?.reachable === false);
      await server.start();
    }
    await until('an empty outbox', () => isEmpty(feed, 12_000), 40_000);
    expect(feed.last).toMatchObject({ dropped: 0, damaged: 0 });
    expect(await numbersIn()).toEqual(range(0, 12_000));
  });

  it('has every point of a second before kill -9, with InfluxDB away at the time', async () => {
    const before = startFeed(0, 100_000);
    await until('some points', () => (before.last?.written ?? 0) > 2_000);
    await server.kill();
    const wentAt = before.last!.accepted;
    await until('a backlog', () => before.last!.accepted > wentAt + 3 * perSecond);
    const safe = before.acceptedBefore(await before.kill());
    expect(safe).toBeGreaterThan(wentAt + perSecond);

    const again = startFeed(200_000, 2_000);
    await until('its points', () => again.acceptedBefore(Date.now()) === 202_000);
    expect(again.last!.queuedPoints).toBeGreaterThan(safe - wentAt);
    await again.kill();

    const third = startFeed(300_000, 1_000);
    await server.start();
    await until('an empty outbox', () => isEmpty(third, 301_000), 40_000);
    expect(third.last).toMatchObject({ dropped: 0, damaged: 0 });
    const found = new Set(await numbersIn());
    const expected = [...range(0, safe), ...range(200_000, 202_000), ...range(300_000, 301_000)];
    expect(expected.filter((number) => !found.has(number))).toEqual([]);
  });

  it('brings every point when InfluxDB stood still meanwhile', async () => {
    const feed = startFeed(0, 10_000);
    await until('some points', () => (feed.last?.written ?? 0) > 1_000);
    server.freeze();
    await until('it is missed', () => feed.last?.reachable === false);
    await until('a backlog', () => feed.last!.queuedPoints > 4_000);
    server.thaw();
    await until('an empty outbox', () => isEmpty(feed, 10_000), 40_000);
    expect(await numbersIn()).toEqual(range(0, 10_000));
  });

  it('keeps the one line that is refused, and writes the others', async () => {
    await server.client(database).createDatabase(database);
    const proxy = await PickyProxy.start(server.url, 'value=777.0');
    const queue = openOutbox({ folder, clock, log: silent });
    const rejected = new RejectedFile({ path: join(folder, 'rejected.lp'), clock, log: silent });
    const writer = createInfluxWriter({
      ...{ url: proxy.url, database, username: '', password: '', token: '' },
      ...{ clock, log: silent, random: Math.random, queue },
      onRejected: (lines) => rejected.keep(lines),
    });
    try {
      writer.write(
        range(0, 3_000).map((value) => ({
          measurement: 'inkling_reading',
          tags: { stream: `plant/device-${value % 50}/temperature` },
          fields: { value },
          timeMs: startMs + value,
        })),
      );
      expect(await writer.flush(20_000)).toBe(true);
    } finally {
      writer.close();
      await Promise.all([queue.close(), rejected.close()]);
      proxy.close();
    }
    expect(await numbersIn()).toEqual(range(0, 3_000).filter((number) => number !== 777));
    expect(writer.state()).toMatchObject({ written: 2_999, rejected: 1, dropped: 0 });
    const kept = (await readFile(join(folder, 'rejected.lp'), 'utf8')).split('\n');
    expect(kept[0]).toContain('1 of 1 refused: unable to parse: this one is bad');
    expect(kept.slice(1)).toEqual([
      `inkling_reading,stream=plant/device-27/temperature value=777.0 ${startMs + 777}`,
      '',
    ]);
    expect(proxy.refusals).toBeLessThan(20);
  });
});
