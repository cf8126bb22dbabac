import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';
import type { StartOptions } from '../../src/commands/start-options.ts';
import { environmentReference } from '../../src/config/interpolate-environment.ts';
import { InklingError } from '../../src/protocol/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'inkling-command-line-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text);
  return name;
}

/** Runs the command line with a service that only remembers what it was started with. */
async function run(argv: string[], start: () => Promise<void> = async () => {}) {
  let stdout = '';
  let stderr = '';
  const started: StartOptions[] = [];
  const exit = await runCommandLine(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    environment: { PORT: '9090' },
    workingDirectory: folder,
    loadStart: async () => ({
      start: (options) => {
        started.push(options);
        return start();
      },
    }),
  });
  return { exit, stdout, stderr, configuration: started[0]?.configuration };
}

describe('usage', () => {
  it.each([
    [[], 'expected a command, see "inkling --help"'],
    [['strat'], 'unknown command "strat", did you mean "start"?'],
    [['start', '--prot', '1'], 'unknown option "--prot", did you mean "--port"?'],
    [['start', 'now'], 'too many arguments for "start": expected 0, got 1'],
    [['start', '--data'], 'option "--data <dir>" argument missing'],
    [['start', '--data', ''], '--data: expected a path, got ""'],
    [['start', '--port', 'abc'], '--port: expected a whole number from 0 to 65535, got "abc"'],
    [['start', '--port', '65536'], '--port: expected a whole number from 0 to 65535, got "65536"'],
    [['start', '--port=-1'], '--port: expected a whole number from 0 to 65535, got "-1"'],
    [
      ['start', '--mqtt-port', '1.5'],
      '--mqtt-port: expected a whole number from 0 to 65535, got "1.5"',
    ],
    [['start', '--seed', '0x1'], '--seed: expected a whole number from 0 to 4294967295, got "0x1"'],
    [['validate', '--port', '1'], 'unknown option "--port"'],
  ])('refuses %j with 64 and one sentence', async (argv, sentence) => {
    expect(await run(argv)).toEqual({
      exit: 64,
      stdout: '',
      stderr: `inkling: ${sentence} (ERR_USAGE)\n`,
      configuration: undefined,
    });
  });

  it('prints the version of the package', async () => {
    const { exit, stdout } = await run(['--version']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([[['--help']], [['start', '--help']], [['validate', '--help']], [['help', 'start']]])(
    'helps with examples on %j',
    async (argv) => {
      const { exit, stdout, stderr } = await run(argv);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: inkling/);
      expect(stdout).toMatch(/Examples:\n {2}inkling /);
    },
  );
});

describe('inkling validate', () => {
  it('says what a valid file contains', async () => {
    const text = 'sources: [{}, {}]\nstreams: [{ match: a }, { match: b }, { match: c }]';
    const { exit, stdout, stderr } = await run(['validate', '--config', file('good.yaml', text)]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toBe('good.yaml is valid: 2 sources, 3 stream rules.\n');
  });

  it('checks the defaults without a file', async () => {
    const { exit, stdout } = await run(['validate']);
    expect(exit).toBe(0);
    expect(stdout).toBe('The default configuration is valid: 1 source, 1 stream rule.\n');
  });

  it('tells every problem on a line and the code last', async () => {
    const text = 'http:\n  port: 99999\nstreams:\n  - horizn: 3\n';
    const { exit, stdout, stderr } = await run(['validate', '--config', file('bad.yaml', text)]);
    expect({ exit, stdout }).toEqual({ exit: 78, stdout: '' });
    const lines = stderr.split('\n');
    expect(lines[0]).toBe(
      'bad.yaml:2: http.port: expected a whole number from 0 to 65535, got 99999',
    );
    expect(lines[1]).toMatch(/^bad\.yaml:4: streams\[0\]\.horizn: .*did you mean "horizon"\?$/);
    expect(lines.slice(2)).toEqual(['inkling: bad.yaml has 2 problems (ERR_CONFIG_INVALID)', '']);
  });

  it('takes values from the environment', async () => {
    const name = file('environment.yaml', `http:\n  port: ${environmentReference('PORT')}\n`);
    expect((await run(['validate', '--config', name])).exit).toBe(0);
  });

  it('refuses an open listener', async () => {
    const name = file('open.yaml', 'http: { host: 0.0.0.0 }');
    const { exit, stderr } = await run(['validate', '--config', name]);
    expect(exit).toBe(78);
    expect(stderr).toMatch(/^inkling: http\.host: .*\(ERR_CONFIG_INSECURE\)\n$/);
  });
});

describe.each(['start', 'validate'])('the configuration file of inkling %s', (command) => {
  it.each([
    ['absent.yaml', 'there is no such file'],
    ['.', 'it is a folder'],
  ])('is named when it is missing or unreadable: %s', async (name, reason) => {
    const { exit, stdout, stderr } = await run([command, '--config', name]);
    expect({ exit, stdout }).toEqual({ exit: 78, stdout: '' });
    expect(stderr).toBe(
      `inkling: configuration file ${JSON.stringify(name)}: ${reason} (ERR_CONFIG_MISSING)\n`,
    );
  });

  it.each([
    ['binary.yaml', new Uint8Array([0x61, 0xff, 0xfe]), 'expected UTF-8 text, got other bytes'],
    ['huge.yaml', '#'.repeat(1_000_001), 'expected at most 1000000 bytes, got more'],
  ])('is refused when it is no text of moderate size: %s', async (name, bytes, reason) => {
    const { exit, stderr } = await run([command, '--config', file(name, bytes)]);
    expect(exit).toBe(78);
    expect(stderr).toBe(`inkling: ${name}: ${reason} (ERR_CONFIG_INVALID)\n`);
  });
});

describe('inkling start', () => {
  it('starts with the defaults and simulated devices', async () => {
    const { exit, stdout, stderr, configuration } = await run(['start']);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(configuration).toMatchObject({
      simulate: { enabled: true },
      broker: { enabled: true, port: 1883 },
      http: { port: 8080 },
    });
  });

  it('puts its options above the file', async () => {
    const name = file('above.yaml', 'http: { port: 1 }\nsimulate: { enabled: true, seed: 1 }');
    const options = [
      '--data',
      '/d',
      '--port',
      '0',
      '--mqtt-port',
      '2',
      '--seed',
      '3',
      '--no-simulate',
    ];
    const { configuration } = await run(['start', '--config', name, ...options]);
    expect(configuration).toMatchObject({
      data: { dir: '/d', fsyncMs: 5 },
      http: { port: 0, host: '127.0.0.1' },
      broker: { port: 2 },
      simulate: { enabled: false, seed: 3 },
    });
  });

  it('leaves to the file what no option says', async () => {
    const name = file('kept.yaml', 'simulate: { enabled: true, seed: 5 }\nhttp: { port: 7 }');
    const { configuration } = await run(['start', '--config', name]);
    expect(configuration).toMatchObject({
      simulate: { enabled: true, seed: 5 },
      http: { port: 7 },
    });
    const plain = await run(['start', '--config', file('plain.yaml', '')]);
    expect(plain.configuration!.simulate.enabled).toBe(false);
  });

  it('refuses a broken file with its first problem and the number of others', async () => {
    const text = 'http: { port: x }\nsimulate: { seed: -1 }\nmqtt: { qos: 2 }';
    const { exit, stderr, configuration } = await run(['start', '--config', file('b.yaml', text)]);
    expect({ exit, configuration }).toEqual({ exit: 78, configuration: undefined });
    expect(stderr).toBe(
      'inkling: b.yaml:1: http.port: expected a whole number from 0 to 65535, got "x", ' +
        'and 2 more problems, run "inkling validate --config b.yaml" (ERR_CONFIG_INVALID)\n',
    );
  });

  it('refuses to listen beyond loopback without tokens', async () => {
    const name = file('open-broker.yaml', 'broker: { host: 0.0.0.0 }');
    const { exit, stderr, configuration } = await run(['start', '--config', name]);
    expect({ exit, configuration }).toEqual({ exit: 78, configuration: undefined });
    expect(stderr).toMatch(/^inkling: broker\.host: .*\(ERR_CONFIG_INSECURE\)\n$/);
  });

  it('ends with the code of the failure, message and hint in one sentence', async () => {
    const taken = new InklingError(
      'ERR_PORT_TAKEN',
      'Port 8080 is taken.',
      'Choose one by --port.',
    );
    const { exit, stderr } = await run(['start'], () => Promise.reject(taken));
    expect(exit).toBe(69);
    expect(stderr).toBe('inkling: Port 8080 is taken, choose one by --port (ERR_PORT_TAKEN)\n');
  });

  it('tells a fault of our own without a stack trace', async () => {
    const { exit, stderr } = await run(['start'], () => Promise.reject(new TypeError('x\n  at y')));
    expect(exit).toBe(70);
    expect(stderr).toBe('inkling: unexpected failure: x at y (ERR_INTERNAL)\n');
  });
});
