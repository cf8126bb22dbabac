import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import { topicsOf } from '../../src/commands/replay-recordings.ts';
import { filesBeginAt } from '../../src/commands/simulated-files.ts';
import { readCsv } from '../../src/evaluation/csv/csv-reader.ts';
import { createFleet } from '../../src/simulator/fleet.ts';

const folder = mkdtempSync(join(tmpdir(), 'inkling-recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));

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

/** All files of a folder, by name. */
function contents(name: string): Record<string, string> {
  const dir = join(folder, name);
  return Object.fromEntries(
    readdirSync(dir).map((file) => [file, readFileSync(join(dir, file), 'utf8')]),
  );
}

describe('inkling simulate --csv', () => {
  const days = 3;
  const end = filesBeginAt + days * 86_400_000;

  it('writes what the devices say, a file each, and all faults', async () => {
    const { exit, stdout } = await run('simulate', '--csv', 'three', '--days', '3', '--seed', '5');
    expect(exit).toBe(0);
    const fleet = createFleet({ seed: 5, from: filesBeginAt });
    const expected = new Map(fleet.streams.map(({ id }) => [id, [] as number[][]]));
    for (let count = 0; count < 1_000; count++) {
      const { time, readings } = fleet.next();
      for (const { stream, value } of readings) expected.get(stream)!.push([time, value]);
    }
    const found = new Map<string, number[][]>();
    for (const device of new Set(fleet.streams.map(({ id }) => id.split('/')[1]!))) {
      const file = await readCsv(join(folder, 'three', `${device}.csv`));
      expect(file.header.timeColumn).toBe('time');
      const columns = file.header.columns.map((column) => {
        const readings: number[][] = [];
        found.set(`demo/${device}/${column}`, readings);
        return readings;
      });
      for await (const { rows } of file.batches()) {
        for (const { time, values } of rows) {
          for (const [index, value] of values.entries()) {
            if (value !== null) columns[index]!.push([time!, value]);
          }
        }
      }
    }
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [stream, first] of expected) {
      const readings = found.get(stream)!;
      expect(readings.slice(0, first.length)).toEqual(first);
      expect(readings.at(-1)![0]).toBeLessThan(end);
      expect(readings.at(-1)![0]).toBeGreaterThan(end - 6 * 3_600_000);
    }
    const labels = contents('three')['labels.csv']!.trim().split('\n');
    expect(labels[0]).toBe('stream,kind,from,to,magnitude');
    expect(labels.slice(1)).toEqual(
      createFleet({ seed: 5, from: filesBeginAt })
        .labels(filesBeginAt, end - 1)
        .map(({ stream, kind, from, to, magnitude }) =>
          [
            stream,
            kind,
            new Date(from).toISOString(),
            new Date(to).toISOString(),
            magnitude,
          ].join(),
        ),
    );
    expect(labels.length).toBeGreaterThan(1);
    expect(stdout).toMatch(
      /^Wrote \d+ readings of 15 streams with \d+ faults to three in .* s\.\n$/,
    );
  });

  it('writes the same files for the same seed and others for another', async () => {
    for (const [name, seed] of [
      ['first', '7'],
      ['again', '7'],
      ['other', '8'],
    ]) {
      expect((await run('simulate', '--csv', name!, '--days', '1', '--seed', seed!)).exit).toBe(0);
    }
    expect(contents('again')).toEqual(contents('first'));
    expect(contents('other')).not.toEqual(contents('first'));
    expect(Object.keys(contents('first')).length).toBe(8);
  });

  it('ends with 73 when the folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { exit, stdout, stderr } = await run('simulate', '--csv', 'file', '--days', '1');
    expect({ exit, stdout }).toEqual({ exit: 73, stdout: '' });
    expect(stderr).toMatch(/^inkling: expected to write 1 days? .* \(ERR_DATA_NOT_WRITABLE\)\n$/);
  });
});

describe('topicsOf', () => {
  it.each([
    ['/data/ETTh2.csv.gz', 'replay/ETTh2/OT'],
    ['plant.csv', 'replay/plant/OT'],
    ['Plant 7.v2.CSV', 'replay/Plant 7.v2/OT'],
    ['readings', 'replay/readings/OT'],
    ['a+b#.csv', 'replay/a%2Bb%23/OT'],
  ])('names %s', (path, topic) => {
    expect(topicsOf(path, ['OT'])).toEqual([topic]);
  });

  it('keeps the names of columns but for what MQTT does not allow', () => {
    expect(topicsOf('w.csv', ['T (degC)', 'wind (m/s)', 'a+b', '#1', 'x\ny'])).toEqual([
      'replay/w/T (degC)',
      'replay/w/wind (m/s)',
      'replay/w/a%2Bb',
      'replay/w/%231',
      'replay/w/x%0Ay',
    ]);
  });
});

describe('the options of replay and simulate', () => {
  const url = 'mqtt://127.0.0.1:1';
  it.each([
    [['replay', 'x.csv'], 'required option "--url <url>" not specified'],
    [['replay', '--url', url], 'missing required argument "file"'],
    [
      ['replay', 'x.csv', '--url', 'localhost'],
      '--url: expected a URL such as mqtt://127.0.0.1:1883, got "localhost"',
    ],
    [
      ['replay', 'x.csv', '--url', 'http://127.0.0.1'],
      '--url: expected a URL such as mqtt://127.0.0.1:1883, got "http://127.0.0.1"',
    ],
    [
      ['replay', 'x.csv', '--url', url, '--qos', '2'],
      '--qos: expected a whole number from 0 to 1, got "2"',
    ],
    [
      ['replay', 'x.csv', '--url', url, '--speed', '0'],
      '--speed: expected "max" or a number above 0, got "0"',
    ],
    [
      ['simulate', '--url', url, '--speed', 'fast'],
      '--speed: expected "max" or a number above 0, got "fast"',
    ],
    [
      ['simulate', '--url', url, '--days', '0'],
      '--days: expected a whole number from 1 to 3650, got "0"',
    ],
    [['simulate'], 'expected either --url or --csv'],
    [['simulate', '--url', url, '--csv', 'x'], 'expected either --url or --csv'],
  ])('are refused with 64: %j', async (argv, sentence) => {
    expect(await run(...argv)).toEqual({
      exit: 64,
      stdout: '',
      stderr: `inkling: ${sentence} (ERR_USAGE)\n`,
    });
  });

  it('are explained with examples', async () => {
    for (const command of ['replay', 'simulate', 'inspect']) {
      const { exit, stdout } = await run(command, '--help');
      expect(exit).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:\\n {2}inkling ${command}`));
    }
  });

  it('need times for a speed', async () => {
    writeFileSync(join(folder, 'timeless.csv'), 'a\n3\n2\n');
    const { exit, stderr } = await run('replay', 'timeless.csv', '--url', url, '--speed', '5');
    expect(exit).toBe(64);
    expect(stderr).toBe(
      'inkling: --speed 5: "timeless.csv" has no times to go by, use --speed max (ERR_USAGE)\n',
    );
  });
});

describe('the files of replay', () => {
  const url = 'mqtt://127.0.0.1:1';

  it('end it with 66 when one is missing, before anything is published', async () => {
    writeFileSync(join(folder, 'good.csv'), 'a\n3\n2\n');
    expect(await run('replay', 'good.csv', 'absent.csv', '--url', url)).toEqual({
      exit: 66,
      stdout: '',
      stderr: 'inkling: there is no file "absent.csv" (ERR_DATA_MISSING)\n',
    });
  });

  it('end it with 65 when one is unreadable', async () => {
    writeFileSync(join(folder, 'bad.csv'), 'a,b\nx,y\n');
    expect(await run('replay', 'bad.csv', '--url', url)).toEqual({
      exit: 65,
      stdout: '',
      stderr: 'inkling: bad.csv:2: expected a column of numbers, got none (ERR_DATA_UNREADABLE)\n',
    });
  });
});
