import { Duplex } from 'node:stream';
import type { IPublishPacket } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Intake, type IntakeOptions } from '../../../src/adapters/mqtt/intake.ts';
import type { Message } from '../../../src/pipeline/ports.ts';

const PAUSE = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An intake as mqtt.js drives it: the next packet comes only after `done`. */
function startIntake(options: Partial<IntakeOptions> = {}) {
  const messages: Message[] = [];
  const written: Buffer[] = [];
  let overflows = 0;
  let isReading = true;
  let current: Duplex | null = null;
  const intake = new Intake({
    ownPrefix: 'inkling/',
    unacknowledgedMax: 4,
    pauseMsMax: PAUSE,
    heldBytesMax: 100_000,
    emit: (message) => messages.push(message),
    overflow: () => {
      overflows++;
    },
    ...options,
  });
  const begin = () => {
    isReading = true;
    const stream = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        written.push(chunk);
        done();
      },
    });
    current = stream;
    intake.begin(stream, () => stream === current);
  };
  begin();
  const send = (payload: string, { topic = 'a', id = 1, qos = 1, retain = false } = {}) => {
    const packet = { cmd: 'publish', topic, payload, qos, retain, dup: false, messageId: id };
    intake.inspect(packet as IPublishPacket);
    intake.take(topic, Buffer.from(payload), packet as IPublishPacket);
    isReading = false;
    intake.goOn(() => {
      isReading = true;
    });
  };
  const payloads = () => messages.map(({ payload }) => Buffer.from(payload).toString());
  const acknowledge = async (from: number, to: number) => {
    for (const message of messages.slice(from, to)) message.acknowledge();
    await vi.advanceTimersByTimeAsync(1);
  };
  return {
    ...{ intake, begin, send, payloads, acknowledge, written },
    reading: () => isReading,
    overflows: () => overflows,
  };
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `${from + n}`);

describe('Intake', () => {
  it('pauses while there is no room, and goes on when half of it is free', async () => {
    const { intake, send, reading, acknowledge } = startIntake();
    for (const number of numbers(0, 4)) send(number);
    expect([reading(), intake.isFlowing, intake.counters.pauses]).toEqual([false, false, 1]);
    await acknowledge(0, 1);
    expect(reading()).toBe(false);
    await acknowledge(1, 2);
    expect([reading(), intake.isFlowing]).toEqual([true, true]);
  });

  it('reads again after the longest pause and holds what comes, in order', async () => {
    const { intake, send, reading, acknowledge, payloads } = startIntake();
    for (const number of numbers(0, 4)) send(number);
    await vi.advanceTimersByTimeAsync(PAUSE - 1);
    expect(reading()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(reading()).toBe(true);
    for (const number of numbers(4, 11)) send(number);
    expect([payloads().length, intake.counters.held, reading()]).toEqual([4, 7, true]);
    for (let from = 0; from < 11; from += 2) await acknowledge(from, from + 2);
    expect(payloads()).toEqual(numbers(0, 11));
    send('11');
    expect([payloads().at(-1), intake.isFlowing]).toEqual(['11', true]);
  });

  it('gives the connection up when too much is held, and takes nothing more from it', async () => {
    const { intake, begin, send, overflows, payloads, acknowledge } = startIntake({
      heldBytesMax: 1_000,
    });
    for (const number of numbers(0, 4)) send(number);
    await vi.advanceTimersByTimeAsync(PAUSE);
    send('x'.repeat(300), { qos: 0 });
    send('x'.repeat(500));
    send('late');
    expect(overflows()).toBe(1);
    expect(intake.counters).toMatchObject({ overflows: 1, held: 2, lost: 1, messages: 4 });
    await acknowledge(0, 4);
    expect(payloads()).toHaveLength(4);
    begin();
    send('again');
    expect(payloads().at(-1)).toBe('again');
  });

  it('frees the bytes of what was handed on', async () => {
    const { send, overflows, payloads, acknowledge } = startIntake({ heldBytesMax: 2_000 });
    for (const number of numbers(0, 4)) send(number);
    await vi.advanceTimersByTimeAsync(PAUSE);
    for (let n = 4; n < 40; n++) {
      send(`${n}`);
      await acknowledge(n - 4, n - 3);
    }
    expect(overflows()).toBe(0);
    expect(payloads().slice(0, 30)).toEqual(numbers(0, 30));
  });

  it('forgets what was held when the connection is replaced', async () => {
    const { intake, begin, send, payloads, acknowledge, written } = startIntake();
    for (const number of numbers(0, 4)) send(number);
    await vi.advanceTimersByTimeAsync(PAUSE);
    send('held', { qos: 0 });
    begin();
    send('4', { id: 9 });
    await acknowledge(0, 5);
    expect(payloads()).toEqual(numbers(0, 5));
    expect(intake.counters.lost).toBe(1);
    expect(Buffer.concat(written).toString('hex')).toBe('40020009');
  });

  it('takes nothing after it was stopped, and settles with the last acknowledgement', async () => {
    const { intake, send, payloads, acknowledge } = startIntake();
    send('0');
    let settled = false;
    const stopping = intake.stop().then(() => {
      settled = true;
    });
    send('1');
    await vi.advanceTimersByTimeAsync(10);
    expect([payloads(), settled]).toEqual([['0'], false]);
    await acknowledge(0, 1);
    await stopping;
    expect(settled).toBe(true);
  });

  it('counts messages that are not retained as signs of life, our own among them', () => {
    const { intake, send } = startIntake();
    send('1', { qos: 0 });
    send('2', { retain: true });
    send('3', { topic: 'inkling/status' });
    expect(intake.live).toBe(2);
    expect(intake.counters).toMatchObject({ messages: 2, own: 1 });
  });
});
