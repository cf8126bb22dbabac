import { Worker } from 'node:worker_threads';
import type { WorkerSettings } from './messages.ts';

/**
 * Starts the training thread from its TypeScript source. Flags of the main program are not handed
 * on, since some of them (as those of test runners) are not for threads.
 */
export function startWorkerThread(settings: WorkerSettings, heapMbMax: number): Worker {
  return new Worker(new URL('./worker-start.mjs', import.meta.url), {
    name: 'training',
    workerData: settings,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
  });
}
