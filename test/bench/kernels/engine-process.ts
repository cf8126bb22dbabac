import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PEERS_FOLDER } from './peer-modules.ts';
import {
  parseAnswer,
  requestLine,
  type WorkerAnswer,
  type WorkerRequest,
} from './worker-protocol.ts';

/** Debian's: only this one knows Debian's PyTorch. */
export const PYTHON = '/usr/bin/python3';

const ANSWER_MILLISECONDS = 60_000;
/** WebAssembly is compiled well at once; otherwise it starts slow and is made faster some time. */
const NODE_FLAGS = ['--no-liftoff'];

/** The process of one engine: idle but for its own turns. */
export class EngineProcess {
  readonly name: string;
  #description = '';
  readonly #child: ChildProcessWithoutNullStreams;
  /** Takes the next answer, or the end of the process. */
  #waiting: ((answer: WorkerAnswer) => void) | null = null;
  /** What came while nobody waited: the greeting, or the end. */
  #early: WorkerAnswer | null = null;

  private constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = parseAnswer(line);
      if (answer !== null) this.#take(answer);
    });
    let complaints = '';
    child.stderr.on('data', (chunk) => {
      complaints = `${complaints}${chunk}`.slice(-2_000);
    });
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.#take({ kind: 'failed', text: error.message }));
    child.on('close', () => {
      this.#take({ kind: 'failed', text: `the process of ${name} ended: ${complaints}` });
    });
  }

  /** Starts an engine on the given core (null: on any); `folder` holds the workloads' data. */
  static async start(name: string, folder: string, core: number | null): Promise<EngineProcess> {
    const command =
      name === 'pytorch'
        ? [PYTHON, join(PEERS_FOLDER, 'pytorch_worker.py'), folder]
        : [
            process.execPath,
            ...process.execArgv,
            ...NODE_FLAGS,
            join(import.meta.dirname, 'worker.ts'),
            name,
            folder,
          ];
    const [file, ...args] = core === null ? command : ['taskset', '-c', String(core), ...command];
    const engine = new EngineProcess(name, spawn(file!, args));
    try {
      const answer = await engine.#answer();
      if (answer.kind !== 'ready') throw new Error(`${name} did not start: ${textOf(answer)}`);
      engine.#description = answer.text;
    } catch (error) {
      await engine.stop();
      throw error;
    }
    return engine;
  }

  /** Version and settings, in its own words. */
  get description(): string {
    return this.#description;
  }

  async request(request: WorkerRequest): Promise<readonly number[]> {
    this.#child.stdin.write(`${requestLine(request)}\n`);
    const answer = await this.#answer();
    if (answer.kind !== 'numbers') throw new Error(textOf(answer));
    return answer.numbers;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  async #answer(): Promise<WorkerAnswer> {
    if (this.#early !== null) {
      const answer = this.#early;
      // The end stays the answer to everything.
      if (answer.kind !== 'failed') this.#early = null;
      return answer;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        this.#take({ kind: 'failed', text: `${this.name} took too long` });
      }, ANSWER_MILLISECONDS);
      this.#waiting = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
    });
  }

  #take(answer: WorkerAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) waiting(answer);
    else this.#early = answer;
  }
}

/** The core that all engines run on in turn, or null where processes cannot be bound to one. */
export function chooseCore(): number | null {
  try {
    if (spawnSync('taskset', ['-p', String(process.pid)]).status !== 0) return null;
    return lastCore(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return null;
  }
}

/** The last core of /proc/self/status, whose list looks like `0-3,8`. */
export function lastCore(status: string): number | null {
  const [, core] = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status) ?? [];
  return core === undefined ? null : Number(core);
}

function textOf(answer: WorkerAnswer): string {
  return answer.kind === 'numbers' ? 'it answered with numbers' : answer.text;
}
