import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The service under measurement: a process of its own, started from source as `npm start` does. */
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  /** CPU seconds so far of all threads, and of the main thread alone. */
  cpuSeconds(): Promise<{ all: number; main: number }>;
  residentBytes(): Promise<number>;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

const project = new URL('../..', import.meta.url).pathname;

/** Starts with a configuration (YAML) in `dir`; resolves once it is ready. */
export async function startService(dir: string, configuration: string): Promise<ServiceProcess> {
  const file = join(dir, 'inkling.yaml');
  await writeFile(file, configuration);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/main.ts', 'start', '--config', file],
    { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await readyUrl(child);
  const pid = child.pid!;
  return {
    pid,
    url,
    cpuSeconds: async () => ({
      all: await cpuSecondsOf(`/proc/${pid}/stat`),
      main: await cpuSecondsOf(`/proc/${pid}/task/${pid}/stat`),
    }),
    residentBytes: async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!) {
    text += chunk;
    const url = /Inkling is ready: (\S+)/.exec(text)?.[1];
    if (url !== undefined) {
      child.stdout!.resume();
      return url;
    }
  }
  throw new Error(`the service ended before it was ready: ${text}`);
}

/** User and system time of a /proc stat file; the kernel counts in hundredths of a second. */
async function cpuSecondsOf(path: string): Promise<number> {
  const stat = await readFile(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
