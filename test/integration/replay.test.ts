import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { replayRecordings } from '../../src/commands/replay-recordings.ts';
import { readCsv } from '../../src/evaluation/csv/csv-reader.ts';
import { RecordingBroker } from './recording-broker.ts';

const folder = mkdtempSync(join(tmpdir(), 'inkling-replay-'));
const begin = Date.UTC(2026, 0, 1);
const main = new URL('../../src/main.ts', import.meta.url).pathname;
let broker: RecordingBroker;

beforeEach(async () => {
  broker = new RecordingBroker();
  await broker.listen();
});
afterEach(() => broker.close());
afterAll(() => rmSync(folder, { recursive: true }));

const url = () => `mqtt://127.0.0.1:${broker.port}`;

/** Writes a table of rows a second apart; each 10th value of `b` is missing. */
function recording(name: string, rows: number): { path: string; expected: string[] } {
  const lines = ['time,a,b'];
  const expected: string[] = [];
  for (let row = 0; row < rows; row++) {
    const t = begin + row * 1000;
    const b = row % 10 === 9 ? null : row / 8;
    lines.push(`${new Date(t).toISOString()},${row},${b ?? ''}`);
    expected.push(`replay/plant/a {"v":${row},"t":${t}}`, `replay/plant/b {"v":${b},"t":${t}}`);
  }
  const text = `${lines.join('\n')}\n`;
  const path = join(folder, name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return { path, expected };
}

async function run(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const exit = await runCommandLine(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    environment: {},
    workingDirectory: folder,
    loadStart: () => Promise.reject(new Error('not asked for')),
  });
  return { exit, stdout, stderr };
}

const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 5 });

describe('inkling replay', () => {
  it.each(['plant.csv', 'plant.csv.gz'])('publishes %s row by row', async (name) => {
    const { expected } = recording(name, 500);
    const { exit, stdout } = await run('replay', name, '--url', url());
    expect(exit).toBe(0);
    expect(broker.received).toEqual(expected);
    expect(broker.packets.every(({ qos, retain }) => qos === 1 && !retain)).toBe(true);
    expect(stdout).toMatch(/^Published 1000 readings in [\d.]+ s\.\n$/);
    expect(broker.clientIds[0]).toMatch(/^inkling-replay-/);
  });

  it('publishes at QoS 0 when told to, and files one after the other', async () => {
    const { expected } = recording('plant.csv', 50);
    const { exit, stdout } = await run(
      ...['replay', 'plant.csv', 'plant.csv', '--url', url(), '--qos', '0'],
    );
    expect(exit).toBe(0);
    await until(() => broker.received.length === 200);
    expect(broker.received).toEqual([...expected, ...expected]);
    expect(broker.packets.every(({ qos }) => qos === 0)).toBe(true);
    expect(stdout).toMatch(/^Published 200 readings/);
  });

  it('goes with the times of the file at the given speed', async () => {
    const { expected } = recording('plant.csv', 4);
    const startedAt = performance.now();
    const { exit } = await run('replay', 'plant.csv', '--url', url(), '--speed', '10');
    expect(exit).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(299);
    expect(broker.received).toEqual(expected);
  });

  it('publishes a table without times without times', async () => {
    writeFileSync(join(folder, 'timeless.csv'), 'x\n3\n1\n');
    expect((await run('replay', 'timeless.csv', '--url', url())).exit).toBe(0);
    expect(broker.received).toEqual(['replay/timeless/x {"v":3}', 'replay/timeless/x {"v":1}']);
  });

  it('loses and skips no row when connections are cut and the broker restarts', async () => {
    const { expected } = recording('plant.csv', 10_000);
    const finished = run('replay', 'plant.csv', '--url', url());
    for (const mark of [2_000, 7_000]) {
      await until(() => broker.received.length >= mark);
      broker.held = [];
      await until(() => broker.held!.length >= 20);
      // These have arrived, but their acknowledgements never will.
      broker.held = null;
      broker.cut();
    }
    await until(() => broker.received.length >= 12_000);
    await broker.close();
    await broker.listen(broker.port);
    const { exit, stdout } = await finished;
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Published 20000 readings/);
    expect([...new Set(broker.received)]).toEqual(expected);
    expect(broker.clientIds.length).toBe(4);
  });

  it('stops with what was sent when it is told to', async () => {
    const { path } = recording('plant.csv', 20_000);
    const controller = new AbortController();
    const replaying = replayRecordings({
      recordings: [{ path, file: await readCsv(path) }],
      url: url(),
      qos: 1,
      speed: 'max',
      clock: { now: () => 0 },
      signal: controller.signal,
      onProgress: () => {},
    });
    await until(() => broker.received.length > 1_000);
    controller.abort();
    const published = await replaying;
    expect(published).toBeGreaterThan(1_000);
    expect(published).toBeLessThan(40_000);
    await until(() => broker.received.length >= published);
  });

  it('ends with 65 in the middle of a file that turns out unreadable, and names the line', async () => {
    const { path } = recording('plant.csv', 100);
    writeFileSync(path, `${'x,y\n1,2\n'}${'3,4\n'.repeat(100)}5,six\n`);
    const { exit, stdout, stderr } = await run('replay', 'plant.csv', '--url', url());
    expect({ exit, stdout }).toEqual({ exit: 65, stdout: '' });
    expect(stderr).toBe(
      'inkling: plant.csv:103: expected a number in column "y", got "six" (ERR_DATA_UNREADABLE)\n',
    );
  });
});

describe.each([
  ['replay', ['replay', 'plant.csv']],
  ['simulate', ['simulate', '--speed', 'max']],
])('inkling %s without a broker', (_, argv) => {
  it('ends with 69 after ten seconds', async () => {
    recording('plant.csv', 3);
    await broker.close();
    const startedAt = performance.now();
    const { exit, stdout, stderr } = await run(...argv, '--url', url());
    const seconds = (performance.now() - startedAt) / 1000;
    expect({ exit, stdout }).toEqual({ exit: 69, stdout: '' });
    expect(stderr.split('\n').at(-2)).toBe(
      `inkling: the broker at ${url()} was out of reach for 10 seconds: ` +
        `connect ECONNREFUSED 127.0.0.1:${broker.port} (ERR_BROKER_UNREACHABLE)`,
    );
    expect(seconds).toBeGreaterThan(9.9);
    expect(seconds).toBeLessThan(15);
  });
});

describe('inkling simulate --url', () => {
  it('publishes the days asked for up to the present and ends', async () => {
    const before = Date.now();
    const { exit, stdout } = await run(
      ...['simulate', '--url', url(), '--days', '1', '--speed', 'max', '--seed', '3'],
    );
    expect(exit).toBe(0);
    const count = Number(/^Published (\d+) messages in .* s\.\n$/.exec(stdout)![1]);
    expect(broker.received.length).toBe(count);
    const times = broker.packets.map(({ payload }) => JSON.parse(payload).t as number);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(before - 86_400_000);
    expect(times[0]).toBeLessThan(before - 86_300_000);
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now());
    expect(times.at(-1)).toBeGreaterThan(before - 60_000);
    expect(broker.packets.every(({ topic }) => topic.startsWith('demo/'))).toBe(true);
  });
});

describe('a signal', () => {
  it.each([
    [
      'replay',
      ['replay', 'plant.csv', '--speed', '1'],
      /^Published \d+ readings in .*by a signal\.\n$/,
    ],
    ['simulate', ['simulate'], /^Published \d+ messages in .*by a signal\.\n$/],
  ])('ends inkling %s with 0 and says what was published', async (_, argv, summary) => {
    recording('plant.csv', 1_000);
    const parameters = ['--import', 'tsx', main, ...argv, '--url', url()];
    const stdio: 'pipe' | 'ignore' = 'pipe';
    // The working directory is the project's, so that tsx is found; the file is named in full.
    const named = parameters.map((one) => (one === 'plant.csv' ? join(folder, one) : one));
    const child = spawn(process.execPath, named, { stdio: ['ignore', stdio, stdio] });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    await until(() => broker.received.length > 1);
    child.kill('SIGINT');
    const [exit, signal] = await once(child, 'exit');
    expect({ exit, signal }).toEqual({ exit: 0, signal: null });
    expect(stdout).toMatch(summary);
  });
});
