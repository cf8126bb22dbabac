import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createInfluxWriter,
  type InfluxWriter,
} from '../../../src/adapters/influx/influx-writer.ts';
import type { LineSender } from '../../../src/adapters/influx/line-sender.ts';
import type { ServerAnswer } from '../../../src/adapters/influx/server-answer.ts';
import type { InfluxPoint } from '../../../src/pipeline/influx-point.ts';
import { PlainQueue } from './plain-queue.ts';

const written: ServerAnswer = status(204);
const unreachable: ServerAnswer = { status: null, message: 'connect ECONNREFUSED' };

function status(code: number, message = '', retryAfterMs: number | null = null): ServerAnswer {
  return { status: code, message, isFromDatabase: true, retryAfterMs };
}

/** Answers as told, `otherwise` when nothing is left to tell; keeps what it was sent. */
class ScriptedSender implements LineSender {
  readonly bodies: string[] = [];
  readonly times: number[] = [];
  answers: ServerAnswer[] = [];
  otherwise: ServerAnswer = written;
  closed = false;

  async send(lines: Uint8Array): Promise<ServerAnswer> {
    this.bodies.push(Buffer.from(lines).toString());
    this.times.push(Date.now());
    return this.answers.shift() ?? this.otherwise;
  }

  close(): void {
    this.closed = true;
  }
}

function points(count: number, first = 0): InfluxPoint[] {
  return Array.from({ length: count }, (_, index) => ({
    measurement: 'm',
    tags: {},
    fields: { v: 0.5 },
    timeMs: first + index,
  }));
}

describe('InfluxWriter', () => {
  let sender: ScriptedSender;
  let logged: string[];
  let missing: number;
  let rejected: object[];
  let writer: InfluxWriter;

  const open = (limits = {}, queue = new PlainQueue()): void => {
    const note = (_: object, message: string) => logged.push(message);
    writer = createInfluxWriter({
      url: 'http://user:secret@127.0.0.1:8086/',
      database: 'inkling',
      username: '',
      password: '',
      token: '',
      clock: { now: () => 0 },
      log: { info: note, warn: note, error: note },
      random: () => 0,
      limits,
      queue,
      sender,
      onRejected: ({ lines, ...more }) =>
        rejected.push({ ...more, lines: Buffer.from(lines).toString() }),
      onDatabaseMissing: () => {
        missing += 1;
      },
    });
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    sender = new ScriptedSender();
    logged = [];
    missing = 0;
    rejected = [];
  });

  afterEach(() => {
    writer.close();
    vi.useRealTimers();
  });

  it('sends a second after the first point, all in one request', async () => {
    open();
    writer.write(points(2));
    await vi.advanceTimersByTimeAsync(900);
    writer.write(points(1, 2));
    expect(sender.bodies).toEqual([]);
    expect(writer.state()).toMatchObject({ reachable: null, queuedPoints: 3, written: 0 });
    await vi.advanceTimersByTimeAsync(100);
    expect(sender.bodies).toEqual(['m v=0.5 0\nm v=0.5 1\nm v=0.5 2\n']);
    expect(writer.state()).toMatchObject({ reachable: true, queuedPoints: 0, written: 3 });
    expect(writer.state().queuedBytes).toBe(0);
  });

  it('sends a full batch at once and the rest in its time', async () => {
    open({}, new PlainQueue(2));
    writer.write(points(5));
    await vi.advanceTimersByTimeAsync(0);
    expect(sender.bodies.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sender.bodies.length).toBe(3);
    expect(writer.state().written).toBe(5);
  });

  it.each([
    ['no answer', unreachable],
    ['429', status(429)],
    ['503', status(503, 'timeout')],
  ])('tries again later and later after %s, and says so once', async (_, answer) => {
    open();
    sender.otherwise = answer;
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000 + 250 + 500 + 1_000 + 2_000);
    expect(sender.times).toEqual([1_000, 1_250, 1_750, 2_750, 4_750]);
    expect(writer.state()).toMatchObject({ reachable: false, queuedPoints: 1, retries: 4 });
    expect(writer.state().lastProblem).not.toBeNull();
    sender.otherwise = written;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(writer.state()).toMatchObject({ reachable: true, written: 1, lastProblem: null });
    expect(logged).toEqual([
      'InfluxDB does not take points now; they wait in the queue.',
      'InfluxDB takes points again.',
    ]);
  });

  it('waits as long as the server asks', async () => {
    open();
    sender.answers = [status(429, '', 7_000)];
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(7_999);
    expect(sender.bodies.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(writer.state().written).toBe(1);
  });

  it('keeps points while credentials are refused, trying slowly', async () => {
    open();
    sender.answers = [status(401, 'authorization failed'), status(401, 'authorization failed')];
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000 + 14_999);
    expect(sender.bodies.length).toBe(1);
    expect(writer.state().lastProblem).toBe('status 401: authorization failed');
    await vi.advanceTimersByTimeAsync(15_001);
    expect(writer.state()).toMatchObject({ written: 1, rejected: 0 });
    expect(logged.length).toBe(2);
  });

  it('tells when the database does not exist', async () => {
    open();
    sender.answers = [status(404, 'database not found: "inkling"')];
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(missing).toBe(1);
    expect(writer.state().written).toBe(1);
  });

  it('counts bad lines and hands them over, and writes the others', async () => {
    open();
    const refused = status(400, 'partial write: field type conflict dropped=1');
    sender.answers = [refused, refused, refused, written, written];
    writer.write(points(3));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sender.bodies.at(-1)).toBe('m v=0.5 2\n');
    expect(writer.state()).toMatchObject({ written: 2, rejected: 1, retries: 0, reachable: true });
    const message = 'partial write: field type conflict dropped=1';
    expect(rejected).toEqual([{ lines: 'm v=0.5 0\n', lineCount: 1, count: 1, message }]);
    sender.answers = [refused];
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(writer.state().rejected).toBe(2);
    expect(rejected.length).toBe(2);
    expect(logged.length).toBe(1);
  });

  it('sends what was queued before, without a point', async () => {
    const queue = new PlainQueue(2);
    const bytes = Buffer.from('m v=1.0 7\nm v=2.0 8\n');
    queue.add({ bytes, ends: [10, 20] });
    open({}, queue);
    await vi.advanceTimersByTimeAsync(0);
    expect(sender.bodies).toEqual([bytes.toString()]);
    expect(writer.state()).toMatchObject({ written: 2, queuedPoints: 0 });
  });

  it('flushes without waiting for more', async () => {
    open();
    writer.write(points(1));
    const flushed = writer.flush(5_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(await flushed).toBe(true);
    expect(await writer.flush(1)).toBe(true);
  });

  it('tries at once when flushed in a pause, and gives up in time', async () => {
    open();
    sender.otherwise = status(403);
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000);
    const flushed = writer.flush(1_200);
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await flushed).toBe(false);
    expect(sender.times).toEqual([1_000, 1_000, 1_500, 2_000]);
    expect(writer.state().queuedPoints).toBe(1);
  });

  it('stops at once when closed, and counts what comes later', async () => {
    open();
    sender.otherwise = unreachable;
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000);
    const flushed = writer.flush(10_000);
    writer.close();
    expect(await flushed).toBe(false);
    writer.write(points(2));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sender.closed).toBe(true);
    expect(sender.bodies.length).toBeLessThanOrEqual(2);
    expect(writer.state()).toMatchObject({ queuedPoints: 1, dropped: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shows no credentials', async () => {
    const fields: object[] = [];
    open();
    writer.close();
    writer = createInfluxWriter({
      url: 'http://user:secret@127.0.0.1:8086/',
      database: 'inkling',
      username: '',
      password: '',
      token: 'hidden',
      clock: { now: () => 0 },
      log: {
        info: (f) => fields.push(f),
        warn: (f) => fields.push(f),
        error: (f) => fields.push(f),
      },
      random: () => 0,
      queue: new PlainQueue(),
      sender,
    });
    sender.otherwise = unreachable;
    writer.write(points(1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(fields).toEqual([{ url: 'http://127.0.0.1:8086', problem: 'connect ECONNREFUSED' }]);
  });
});
