import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createInfluxDatabase } from '../../src/adapters/influx/influx-database.ts';
import { createInfluxWriter, type InfluxWriter } from '../../src/adapters/influx/influx-writer.ts';
import { openOutbox } from '../../src/adapters/influx/outbox.ts';
import type { OutboxLimits } from '../../src/adapters/influx/outbox-limits.ts';
import type { InfluxPoint } from '../../src/pipeline/influx-point.ts';
import { InfluxServer, until } from './influx-server.ts';

const clock = { now: () => Date.now() };
const start = 1_795_385_096_123;

/** What was logged, by level. */
class Notes {
  readonly warnings: string[] = [];
  readonly messages: string[] = [];

  info(_fields: object, message: string): void {
    this.messages.push(message);
  }

  warn(fields: object, message: string): void {
    this.warnings.push(`${message} ${JSON.stringify(fields)}`);
  }

  error(fields: object, message: string): void {
    this.warn(fields, message);
  }
}

const nobody = { username: '', password: '', token: '' };

function points(count: number, first = 0): InfluxPoint[] {
  return Array.from({ length: count }, (_, index) => ({
    measurement: 'inkling_reading',
    tags: { stream: `plant/line 7/ä,b=${(first + index) % 5}\\` },
    fields: { value: first + index + 0.25, expected: null, score: Number.NaN },
    timeMs: start + first + index,
  }));
}

describe('InfluxDB', () => {
  let server: InfluxServer;
  let notes: Notes;
  const closing: { close(): unknown }[] = [];
  let folder: string;
  let outboxes = 0;
  let rejected: { text: string; message: string }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inkling-outboxes-'));
    server = await InfluxServer.prepare();
    await server.start();
  });

  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const opened of closing.splice(0)) await opened.close();
    rejected = [];
  });

  function openDatabase(database: string, options = {}) {
    notes = new Notes();
    const common = { url: server.url, database, ...nobody, random: Math.random, log: notes };
    const opened = createInfluxDatabase({ ...common, ...options });
    closing.push(opened);
    return opened;
  }

  function openWriter(
    database: string,
    { batchMs = 1_000, ...outboxLimits }: Partial<OutboxLimits> & { batchMs?: number } = {},
    options = {},
  ): InfluxWriter {
    const url = server.url;
    outboxes += 1;
    const path = join(folder, `${outboxes}`);
    const queue = openOutbox({ folder: path, clock, log: notes, limits: outboxLimits });
    const opened = createInfluxWriter({
      ...{ url, database, ...nobody, clock, log: notes, random: () => 0 },
      ...{ limits: { batchMs }, queue, ...options },
      onRejected: ({ lines, message }) => {
        rejected.push({ text: Buffer.from(lines).toString(), message });
      },
    });
    closing.push(opened, queue);
    return opened;
  }

  async function create(database: string): Promise<void> {
    const opened = openDatabase(database);
    await until('the database', () => opened.state === 'present');
  }

  /** Times of the readings in the database, ascending. */
  async function timesIn(database: string): Promise<number[]> {
    const rows = await server
      .client(database)
      .query<{ time: Date; value: number }>('SELECT value FROM inkling_reading', {
        precision: 'ms',
      });
    return rows.map(({ time }) => Number(time)).sort((a, b) => a - b);
  }

  const times = (count: number) => Array.from({ length: count }, (_, index) => start + index);

  it('creates the database when it is missing, and says so once', async () => {
    await create('made here');
    expect(await server.client('made here').getDatabaseNames()).toContain('made here');
    expect(notes.messages).toEqual(['Created the database in InfluxDB.']);
    await create('made here');
    expect(notes).toMatchObject({ messages: [], warnings: [] });
  });

  it('writes every point once, with the tags and fields of its line', async () => {
    await create('plain');
    const writer = openWriter('plain', { batchPoints: 300 });
    writer.write(points(1_000));
    writer.write([
      {
        measurement: 'inkling_anomaly',
        tags: { stream: 's', site: 'no\nrth' },
        fields: { score: 4, value: 1e-7, large: 1.5e300, reason: 'it said "high", \\ and\nmore' },
        timeMs: start,
      },
    ]);
    expect(await writer.flush(20_000)).toBe(true);
    expect(await timesIn('plain')).toEqual(times(1_000));
    const client = server.client('plain');
    const tags = await client.query<{ stream: string }>(
      'SELECT COUNT(value) FROM inkling_reading GROUP BY stream',
    );
    expect(tags.map(({ stream }) => stream).sort()).toEqual(
      [0, 1, 2, 3, 4].map((index) => `plant/line 7/ä,b=${index}%5C`),
    );
    const [anomaly] = await client.query('SELECT * FROM inkling_anomaly');
    expect(anomaly).toMatchObject({
      stream: 's',
      site: 'no%0Arth',
      score: 4,
      value: 1e-7,
      large: 1.5e300,
      reason: 'it said "high", \\ and\nmore',
    });
    const keys = await client.query<{ fieldKey: string; fieldType: string }>('SHOW FIELD KEYS');
    expect(keys.map(({ fieldKey, fieldType }) => `${fieldKey} ${fieldType}`).sort()).toEqual(
      ['large float', 'reason string', 'score float', 'value float', 'value float'].sort(),
    );
    expect(writer.state()).toMatchObject({ written: 1_001, rejected: 0, dropped: 0, retries: 0 });
  });

  it('takes every line that can be made of names, texts and numbers', async () => {
    await create('any');
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    const special = fc.string({
      unit: fc.constantFrom('\\', ',', '=', ' ', '"', 'n'),
      minLength: 1,
    });
    const any = fc.oneof(text, special);
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const samples = fc.sample(fc.tuple(any, any, any, number), { numRuns: 500, seed: 7 });
    const writer = openWriter('any');
    writer.write(
      samples.map(([key, tag, words, value], index) => ({
        measurement: 'any',
        tags: { tag, [`k${key}`]: tag },
        fields: { words, value, [`f${key}`]: 1.5 },
        timeMs: start + index,
      })),
    );
    expect(await writer.flush(20_000)).toBe(true);
    expect(rejected).toEqual([]);
    const rows = await server
      .client('any')
      .query<{ tag: string; words: string; value: number }>(
        'SELECT "tag", words, value FROM "any"',
      );
    expect(rows.map(({ words }) => words)).toEqual(samples.map(([, , words]) => words));
    expect(rows.map(({ value }) => value || 0)).toEqual(samples.map(([, , , value]) => value || 0));
    expect(rows.map(({ tag }) => tag)).toEqual(
      samples.map(([, tag]) =>
        tag.replace(/\p{Cc}/gu, encodeURIComponent).replace(/\\(?=[ ,=]|$)/g, '%5C'),
      ),
    );
  });

  it('loses only the line whose field has another type', async () => {
    await create('conflict');
    const writer = openWriter('conflict');
    writer.write(points(1));
    await writer.flush(20_000);
    const batch = points(500);
    batch[321] = { ...batch[321]!, fields: { value: 'a text' } };
    writer.write(batch);
    expect(await writer.flush(20_000)).toBe(true);
    expect(await timesIn('conflict')).toEqual(times(500).filter((_, index) => index !== 321));
    expect(writer.state()).toMatchObject({ written: 500, rejected: 1, dropped: 0 });
    const [lost] = rejected;
    expect(lost!.text).toContain('value="a text"');
    expect(lost!.message).toContain('field type conflict');
  });

  it('cuts batches that the server finds too big', async () => {
    const small = await InfluxServer.prepare({ bodyBytesMax: 2_000 });
    try {
      await small.start();
      await small.client('small').createDatabase('small');
      const writer = openWriter('small', {}, { url: small.url });
      writer.write(points(400));
      expect(await writer.flush(20_000)).toBe(true);
      const [counted] = await small
        .client('small')
        .query<{ count: number }>('SELECT COUNT(value) FROM inkling_reading');
      expect(counted!.count).toBe(400);
      expect(writer.state()).toMatchObject({ written: 400, rejected: 0 });
    } finally {
      await small.remove();
    }
  });

  it('misses nothing when the server is killed and comes back', async () => {
    await create('killed');
    const writer = openWriter('killed', { batchPoints: 50, batchMs: 20 });
    writer.write(points(200));
    await until('some points', () => writer.state().written >= 50);
    await server.kill();
    for (let first = 200; first < 1_000; first += 100) writer.write(points(100, first));
    await until('a retry', () => writer.state().retries >= 2);
    expect(writer.state()).toMatchObject({ reachable: false });
    expect(writer.state().lastProblem).toContain('ECONNREFUSED');
    await server.start();
    await until('an empty queue', () => writer.state().queuedPoints === 0);
    expect(await timesIn('killed')).toEqual(times(1_000));
    expect(writer.state()).toMatchObject({ reachable: true, written: 1_000, dropped: 0 });
    expect(notes.warnings.length).toBe(1);
    expect(notes.messages.at(-1)).toBe('InfluxDB takes points again.');
  });

  it('creates a database that was removed while it wrote', async () => {
    await create('removed');
    const database = openDatabase('removed');
    const writer = openWriter('removed', {}, { onDatabaseMissing: () => database.ensure() });
    await server.client('removed').dropDatabase('removed');
    writer.write(points(10));
    expect(await writer.flush(20_000)).toBe(true);
    expect(await timesIn('removed')).toEqual(times(10));
  });

  it('waits for a server that is not there at the start', async () => {
    const late = await InfluxServer.prepare();
    try {
      const database = openDatabase('late', { url: late.url });
      const writer = openWriter('late', { batchMs: 10 }, { url: late.url });
      writer.write(points(10));
      await until('a retry', () => writer.state().retries >= 1);
      expect(database.state).toBe('unknown');
      await late.start();
      await until('the points', () => writer.state().written === 10);
      expect(database.state).toBe('present');
    } finally {
      await late.remove();
    }
  });

  it('writes with the rights it has, and warns once when it may not create', async () => {
    const guarded = await InfluxServer.prepare({ auth: true });
    try {
      await guarded.start();
      const admin = { username: 'admin', password: 'p w"' };
      const setup = guarded.client('given', admin);
      await setup.createUser(admin.username, admin.password, true);
      await setup.createDatabase('given');
      await setup.createUser('writer', 'secret', false);
      await setup.grantPrivilege('writer', 'WRITE', 'given');

      const user = { url: guarded.url, username: 'writer', password: 'secret' };
      const given = openDatabase('given', user);
      await until('an answer', () => given.state !== 'unknown');
      const writer = openWriter('given', {}, user);
      writer.write(points(10));
      expect(await writer.flush(20_000)).toBe(true);
      expect(notes.warnings).toEqual([]);

      const other = openDatabase('not given', user);
      await until('an answer', () => other.state !== 'unknown');
      other.ensure();
      expect(other.state).toBe('unknown');
      await until('the second answer', () => other.state === 'refused');
      expect(notes.warnings.length).toBe(1);
      expect(notes.warnings[0]).toContain('points are sent all the same');

      const stranger = openWriter('given', { batchMs: 1 }, { url: guarded.url });
      stranger.write(points(10));
      await until('a refusal', () => stranger.state().reachable === false);
      expect(stranger.state()).toMatchObject({ queuedPoints: 10, rejected: 0 });
      expect(stranger.state().lastProblem).toContain('status 401');
    } finally {
      await guarded.remove();
    }
  });
});
