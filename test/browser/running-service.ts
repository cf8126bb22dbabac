import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = new URL('../..', import.meta.url).pathname;
const readyMsMax = 50_000;

/** A service in a process of its own, on free ports and a data folder that `stop` removes. */
export interface RunningService {
  readonly url: string;
  /** Everything it has said on stdout so far. */
  readonly output: () => string;
  /** Ends it as an operator would and resolves with its exit code. */
  stop(): Promise<number | null>;
}

export async function startService(...options: string[]): Promise<RunningService> {
  const data = await mkdtemp(join(tmpdir(), 'inkling-browser-'));
  const ports = ['--port', '0', '--mqtt-port', '0'];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/main.ts', 'start', ...ports, '--data', data, ...options],
    { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said = { out: '', all: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
    said.all += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.all += chunk;
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(data, { recursive: true, force: true });
    return child.exitCode;
  };
  try {
    const url = await readyUrl(child, () => said);
    return { url, output: () => said.out, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyUrl(child: ChildProcess, said: () => { out: string; all: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The service ${why}. It said:\n${said().all}`));
    const timer = setTimeout(() => fail('was not ready in time'), readyMsMax);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    child.stdout?.on('data', () => {
      const url = /Inkling is ready: (http:\S+)/.exec(said().out)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
