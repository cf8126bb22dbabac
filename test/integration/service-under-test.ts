import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The service as its users meet it: a process with a command line, two streams, signals and an exit
 * code. Nothing of its inside is imported here.
 */

const project = new URL('../..', import.meta.url).pathname;
const readyMsMax = 25_000;

/** How a process ended and what it had said. */
export interface Ending {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** `inkling <args>` in a process of its own. */
export class InklingProcess {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #readers: Set<() => void>;
  #out: string;
  #err: string;
  #isOver: boolean;

  constructor(args: readonly string[]) {
    this.#readers = new Set();
    this.#out = '';
    this.#err = '';
    this.#isOver = false;
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#out += chunk;
      this.#tell();
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#err += chunk;
      this.#tell();
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#isOver = true;
      this.#tell();
      return { code, signal, out: this.#out, err: this.#err };
    });
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  /** What it has logged, one object a line. */
  get log(): Record<string, unknown>[] {
    const whole = this.#err.slice(0, this.#err.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Sends the signal and resolves with the ending. */
  end(name: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    if (!this.#isOver) this.signal(name);
    return this.ended;
  }

  /** Resolves once what it has said satisfies `condition`; rejects when it ends before, or in time. */
  said(what: string, condition: () => boolean, msMax = readyMsMax): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null): void => {
        clearTimeout(timer);
        this.#readers.delete(look);
        if (error === null) resolve();
        else reject(error);
      };
      const fail = (why: string) =>
        settle(new Error(`${what}: ${why}. stdout:\n${this.#out}\nstderr:\n${this.#err}`));
      const look = (): void => {
        if (condition()) settle(null);
        else if (this.#isOver) fail('the process ended before');
      };
      const timer = setTimeout(() => fail(`not within ${msMax} ms`), msMax);
      this.#readers.add(look);
      look();
    });
  }

  #tell(): void {
    for (const look of [...this.#readers]) look();
  }
}

/** A service that is ready. */
export interface RunningService {
  readonly process: InklingProcess;
  readonly url: string;
  /** Of the embedded broker; empty without one. */
  readonly mqttUrl: string;
}

/** `inkling start` on free ports, ready. */
export async function startService(data: string, ...options: string[]): Promise<RunningService> {
  const started = new InklingProcess(startArguments(data, ...options));
  return ready(started);
}

/** Waits until a started service is ready; ends it when it is not in time. */
export async function ready(started: InklingProcess): Promise<RunningService> {
  try {
    await started.said('ready', () => /^Inkling is ready: .*\n(.*\n)*/.test(started.out));
  } catch (error) {
    await started.end('SIGKILL');
    throw error;
  }
  const url = /^Inkling is ready: (\S+)$/m.exec(started.out)?.[1] ?? '';
  const port = /mosquitto_pub .*-p (\d+)/.exec(started.out)?.[1];
  return {
    process: started,
    url,
    mqttUrl: port === undefined ? '' : `mqtt://127.0.0.1:${port}`,
  };
}

export function startArguments(data: string, ...options: string[]): string[] {
  return ['start', '--data', data, '--port', '0', '--mqtt-port', '0', ...options];
}

/** Folders of one test file, removed together. */
export class Folders {
  readonly #made: string[] = [];

  async make(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'inkling-start-'));
    this.#made.push(folder);
    return folder;
  }

  /** A configuration file in a folder of its own. */
  async configuration(text: string): Promise<string> {
    const path = join(await this.make(), 'inkling.yaml');
    await writeFile(path, text);
    return path;
  }

  async remove(): Promise<void> {
    for (const folder of this.#made.splice(0)) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
