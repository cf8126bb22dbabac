import os from 'node:os';
import v8 from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { chooseKernels } from '../../numerics/kernel-choice.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { SlicedTraining } from './sliced-training.ts';
import { workerClock } from './worker-clock.ts';

/**
 * The training thread. It has the lowest priority of the scheduler, so that it only gets the time
 * that serving leaves over; whatever goes wrong here ends this thread and no other.
 */
const port = parentPort;
if (port === null) throw new Error('expected to run as a worker thread');

/** On Linux a priority belongs to a thread; elsewhere it would be that of the whole process. */
function yieldToServing(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    os.setPriority(0, os.constants.priority.PRIORITY_LOW);
    return true;
  } catch {
    return false;
  }
}

// Where the thread is started by others, WebAssembly must be optimised from the start here too.
v8.setFlagsFromString('--no-liftoff');
let timer: NodeJS.Timeout | undefined;
const training = new SlicedTraining({
  settings: workerData as WorkerSettings,
  kernels: chooseKernels(),
  clock: workerClock,
  post: (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer),
  later: (slice, delayMs) => {
    clearTimeout(timer);
    timer = setTimeout(slice, delayMs);
  },
});
port.on('message', (message: ToWorker) => training.receive(message));
port.postMessage({ kind: 'ready', yielding: yieldToServing() } satisfies FromWorker);
