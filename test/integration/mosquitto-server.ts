import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Debian keeps it where only root looks for programs. */
const environment = { ...process.env, PATH: `${process.env['PATH']}${delimiter}/usr/sbin` };

export interface MosquittoOptions {
  /** Who may connect; left out: everybody. */
  readonly user?: { readonly name: string; readonly password: string };
  /** Paths of PEM files; clients must show a certificate of the same authority. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/**
 * A real Mosquitto on a free port of 127.0.0.1, with the settings we recommend and a folder of its
 * own. `stop` and `start` keep port and folder, `remove` ends it for good.
 */
export class MosquittoServer {
  readonly port: number;
  readonly #folder: string;
  readonly #configuration: string;
  #process: ChildProcess | null;
  #said: string;

  private constructor(port: number, options: MosquittoOptions) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'inkling-mosquitto-'));
    this.#configuration = join(this.#folder, 'mosquitto.conf');
    this.#process = null;
    this.#said = '';
    const passwords = join(this.#folder, 'passwords');
    if (options.user) {
      const { name, password } = options.user;
      const parameters = ['-b', '-c', passwords, name, password];
      execFileSync('mosquitto_passwd', parameters, { env: environment });
    }
    writeFileSync(this.#configuration, configurationOf(port, this.#folder, options));
  }

  /** Resolves when it accepts connections. */
  static async start(options: MosquittoOptions = {}): Promise<MosquittoServer> {
    const server = new MosquittoServer(await freePort(), options);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const child = spawn('mosquitto', ['-c', this.#configuration], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const listen = (chunk: Buffer): void => {
      this.#said += chunk;
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    await poll('Mosquitto accepts connections', () => this.#isReached());
  }

  /** SIGTERM: as an operator stops it; SIGKILL: as a power cut does. Resolves when it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Resolves when it has saved what it knows now, as it does every other second. */
  async saved(): Promise<void> {
    const database = join(this.#folder, 'mosquitto.db');
    const timeOf = () => statSync(database, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // The first save after now may have begun before.
    for (let saves = 0; saves < 2; saves++) {
      const before = timeOf();
      await poll('Mosquitto has saved', async () => timeOf() > before);
    }
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #isReached(): Promise<boolean> {
    if (this.#process?.exitCode !== null) {
      throw new Error(`Mosquitto does not run. It said:\n${this.#said}`);
    }
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }
}

const pollMs = 20;
const pollsMax = 500;

async function poll(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let polls = 0; polls < pollsMax; polls++) {
    if (await condition()) return;
    await pause(pollMs);
  }
  throw new Error(`Not within ${(pollMs * pollsMax) / 1_000} s: ${what}.`);
}

function configurationOf(port: number, folder: string, { user, tls }: MosquittoOptions): string {
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${folder}/`,
    'autosave_interval 1',
    'max_queued_messages 0',
    'max_queued_bytes 1000000000',
    'max_inflight_messages 0',
    ...(user ? [`password_file ${join(folder, 'passwords')}`] : ['allow_anonymous true']),
    ...(tls ? [`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`] : []),
    ...(tls ? ['require_certificate true'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
