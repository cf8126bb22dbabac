import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from 'influx';

/** Where Debian's package `influxdb` puts the server. */
const program = '/usr/bin/influxd';
const startMs = 30_000;
const pollMs = 50;

export interface InfluxServerOptions {
  /** Whether requests need a user. */
  readonly auth?: boolean;
  /** Largest body that is taken, in bytes; 0: any. */
  readonly bodyBytesMax?: number;
}

/** A real InfluxDB 1 in a folder of its own, on free ports of 127.0.0.1, which stay over restarts. */
export class InfluxServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#process = null;
  }

  /** Prepares a server that does not run yet. */
  static async prepare(options: InfluxServerOptions = {}): Promise<InfluxServer> {
    const folder = await mkdtemp(join(tmpdir(), 'inkling-influx-'));
    const [http, rpc] = await freePorts(2);
    await writeFile(join(folder, 'influxdb.conf'), configuration(folder, http!, rpc!, options));
    return new InfluxServer(http!, folder);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    const child = spawn(program, ['-config', join(this.#folder, 'influxdb.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.#folder },
    });
    this.#process = child;
    let said = '';
    child.stderr!.on('data', (piece: Buffer) => {
      said = (said + piece.toString()).slice(-4_000);
    });
    const deadline = Date.now() + startMs;
    while (!(await answers(this.url))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`InfluxDB did not start: ${said}`);
      }
      await pause(pollMs);
    }
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Stops it where it is: connections stay open and nothing is answered. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A client for queries. */
  client(database: string, user?: { username: string; password: string }): InfluxDB {
    return new InfluxDB({ host: '127.0.0.1', port: this.port, database, ...user });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** Waits until `holds` is true; throws with the name of what it waited for after `timeoutMs`. */
export async function until(
  name: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${name}`);
    await pause(pollMs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`)).status === 204;
  } catch {
    return false;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) server.close();
  return ports;
}

function configuration(
  folder: string,
  http: number,
  rpc: number,
  { auth = false, bodyBytesMax = 0 }: InfluxServerOptions,
): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  auth-enabled = ${auth}
  log-enabled = false
  max-body-size = ${bodyBytesMax}
[continuous_queries]
  enabled = false
[subscriber]
  enabled = false
`;
}
