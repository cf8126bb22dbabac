import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { createReadableKernel } from '../../numerics/readable-kernel.ts';
import { createReadableGradient } from '../../numerics/truncated-bptt.ts';
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

let timer: NodeJS.Timeout | undefined;
const training = new SlicedTraining({
  settings: workerData as WorkerSettings,
  kernels: { gradient: createReadableGradient, recurrent: createReadableKernel },
  clock: workerClock,
  post: (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer),
  later: (slice, delayMs) => {
    clearTimeout(timer);
    timer = setTimeout(slice, delayMs);
  },
});
port.on('message', (message: ToWorker) => training.receive(message));
port.postMessage({ kind: 'ready', yielding: yieldToServing() } satisfies FromWorker);
