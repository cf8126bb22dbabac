/**
 * The process of one engine: `worker.ts ENGINE FOLDER` reads the workloads' data from FOLDER and
 * serves the lines of worker-protocol.ts. Between two requests it sleeps.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchEngine, BenchTask } from './bench-engine.ts';
import { brainjsEngine } from './brainjs-engine.ts';
import { inklingEngine, plainEngine } from './kernel-engine.ts';
import { onnxruntimeEngine } from './onnxruntime-engine.ts';
import { createPeakLoop } from './peak-module.ts';
import { tfjsEngine } from './tfjs-engine.ts';
import { PEAK, parseRequest } from './worker-protocol.ts';
import { workloadOf } from './workload.ts';
import { splitWorkload } from './workload-data.ts';

type Engines = Readonly<Record<string, () => BenchEngine | Promise<BenchEngine>>>;

const engines: Engines = {
  inkling: inklingEngine,
  plain: plainEngine,
  'tfjs-wasm': tfjsEngine,
  brainjs: brainjsEngine,
  onnxruntime: onnxruntimeEngine,
};

const tasks = new Map<string, BenchTask>();

async function prepare(engine: BenchEngine, folder: string, id: string): Promise<BenchTask> {
  if (id === PEAK) {
    const loop = createPeakLoop();
    return { run: (turns) => void loop(turns), outcome: () => [] };
  }
  const workload = workloadOf(id);
  const bytes = readFileSync(join(folder, id));
  const flat = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return engine.prepare(workload, splitWorkload(workload, flat));
}

async function answer(engine: BenchEngine, folder: string, line: string): Promise<number[]> {
  const { verb, workload, counts } = parseRequest(line);
  if (verb === 'forget') {
    tasks.delete(workload);
    return [];
  }
  let task = verb === 'run' ? tasks.get(workload) : undefined;
  if (task === undefined) {
    task = await prepare(engine, folder, workload);
    tasks.set(workload, task);
  }
  const [first = 1, iterations = 1] = counts;
  return verb === 'check' ? check(task, first) : time(task, first, iterations);
}

async function check(task: BenchTask, iterations: number): Promise<number[]> {
  const outcomes: number[] = [];
  for (let i = 0; i < iterations; i++) {
    await task.run(1);
    outcomes.push(...task.outcome());
  }
  return outcomes;
}

async function time(task: BenchTask, blocks: number, iterations: number): Promise<number[]> {
  const micros: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const before = performance.now();
    await task.run(iterations);
    micros.push(((performance.now() - before) * 1000) / iterations);
  }
  return micros;
}

function say(kind: string, text: string): void {
  process.stdout.write(`${kind} ${text.replaceAll('\n', ' ')}\n`);
}

async function serve(name: string, folder: string): Promise<void> {
  const engine = await engines[name]!();
  say('ready', engine.description);
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say('numbers', (await answer(engine, folder, line)).join(' '));
    } catch (error) {
      say('failed', String(error));
    }
  }
}

try {
  await serve(process.argv[2]!, process.argv[3]!);
} catch (error) {
  say('failed', String(error));
}
