import type { Worker } from 'node:worker_threads';
import { type Observable, Subject } from 'rxjs';
import type { TrainingRows } from '../../engine/training/training-rows.ts';
import type { Clock, Logger, Training, TrainingReport } from '../../pipeline/ports.ts';
import { InklingError } from '../../protocol/errors.ts';
import type {
  FromWorker,
  LiveWeights,
  ToWorker,
  TrainingOptions,
  TrainingProgress,
  WeightsNotice,
} from './messages.ts';
import { movableRows } from './movable-rows.ts';
import { WeightsExchange } from './weights-exchange.ts';
import { startWorkerThread } from './worker-thread.ts';

export interface TrainingWorkerOptions {
  /** The engine's seed: both sides then begin with the same weights for each group. */
  readonly seed: number;
  readonly options: TrainingOptions;
  readonly log: Logger;
  readonly clock: Clock;
  /** Rows on their way to the worker, at most; further ones are dropped. 16 MB when left out. */
  readonly inFlightBytesMax?: number;
  /** Limit of the worker's heap, without its arrays. 256 MB when left out. */
  readonly heapMbMax?: number;
  /** Shortest time before a crashed worker is started again; it doubles up to a minute. */
  readonly restartMs?: number;
}

export interface TrainingWorkerCounters {
  /** Rows dropped because too many were in flight or no worker was running. */
  readonly droppedRows: number;
  readonly inFlightBytes: number;
  readonly crashes: number;
  /** What the running worker has done, a second old at most. */
  readonly progress: TrainingProgress;
}

/**
 * Training in a thread of its own, seen from the main thread. A crash of the thread is logged and
 * counted, and the thread is started again from the state it last gave, with the weights it last
 * published; serving never notices.
 */
export class TrainingWorker implements Training {
  readonly results$: Observable<TrainingReport>;
  readonly #options: Required<TrainingWorkerOptions>;
  readonly #results: Subject<TrainingReport>;
  readonly #exchanges: Map<string, WeightsExchange>;
  readonly #requests: Map<number, Request>;
  /** The newest live weights of each group, to begin with after a crash. */
  readonly #live: Map<string, LiveWeights>;
  #worker: Worker | null;
  #lastState: Uint8Array;
  #lastRequest: number;
  #startedAt: number;
  #restartMs: number;
  #restartTimer: NodeJS.Timeout | undefined;
  #droppedRows: number;
  #inFlightBytes: number;
  #crashes: number;
  #progress: TrainingProgress;

  constructor(options: TrainingWorkerOptions) {
    const defaults = { inFlightBytesMax: 2 ** 24, heapMbMax: 256, restartMs: 1000 };
    this.#options = { ...defaults, ...options };
    this.#results = new Subject();
    this.results$ = this.#results.asObservable();
    this.#exchanges = new Map();
    this.#requests = new Map();
    this.#live = new Map();
    this.#worker = null;
    this.#lastState = new Uint8Array(0);
    this.#lastRequest = 0;
    this.#startedAt = 0;
    this.#restartMs = this.#options.restartMs;
    this.#droppedRows = 0;
    this.#inFlightBytes = 0;
    this.#crashes = 0;
    this.#progress = NO_PROGRESS;
    this.#start();
  }

  get counters(): TrainingWorkerCounters {
    return {
      droppedRows: this.#droppedRows,
      inFlightBytes: this.#inFlightBytes,
      crashes: this.#crashes,
      progress: this.#progress,
    };
  }

  /**
   * Hands rows over, whose arrays must not be used any more: they move to the worker. Never blocks
   * and never throws; what finds no room is dropped and counted, and its windows begin anew.
   */
  send(rows: TrainingRows): void {
    const { rows: movable, bytes, transfer } = movableRows(rows);
    const full = this.#inFlightBytes + bytes > this.#options.inFlightBytesMax;
    if (this.#worker === null || full) {
      this.#droppedRows += rows.count;
      return;
    }
    this.#inFlightBytes += bytes;
    this.#worker.postMessage({ kind: 'rows', rows: movable, bytes } satisfies ToWorker, transfer);
  }

  /**
   * Tells which weights a group forecasts with: to be called at the start for every group whose
   * version is not 0. Older ones than training knows are ignored.
   */
  adopt(weights: LiveWeights): void {
    this.#live.set(weights.group, { ...weights, weights: weights.weights.slice() });
    this.#post({ kind: 'adopt', weights });
  }

  /**
   * Everything training knows, for a snapshot. While no worker runs: the last state it gave. Waits
   * for the task the worker is in, half a second at most.
   */
  async state(): Promise<Uint8Array> {
    const answer = await this.#request((request) => ({ kind: 'state', request }));
    if (answer instanceof Uint8Array) this.#lastState = answer;
    return this.#lastState.slice();
  }

  /** Continues from a state; rejects with ERR_SNAPSHOT_… when the bytes are not one. */
  async restore(bytes: Uint8Array): Promise<void> {
    await this.#request((request) => ({ kind: 'restore', request, bytes }));
    this.#lastState = bytes.slice();
  }

  /** Ends the thread; what it was doing is abandoned. Nothing is reported afterwards. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    clearTimeout(this.#restartTimer);
    this.#results.complete();
    this.#endRequests();
    await worker?.terminate();
  }

  #start(): void {
    const { seed, options, heapMbMax, clock } = this.#options;
    const worker = startWorkerThread({ seed, training: options }, heapMbMax);
    this.#worker = worker;
    this.#startedAt = clock.now();
    this.#inFlightBytes = 0;
    this.#exchanges.clear();
    let cause: unknown = null;
    worker.on('message', (message: FromWorker) => {
      if (worker === this.#worker) this.#receive(message);
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#crashed(cause ?? `exit code ${code}`);
    });
  }

  #crashed(cause: unknown): void {
    const { log, clock, restartMs } = this.#options;
    this.#worker = null;
    this.#crashes++;
    this.#inFlightBytes = 0;
    this.#endRequests();
    if (clock.now() - this.#startedAt >= HEALTHY_MS) this.#restartMs = restartMs;
    const delayMs = this.#restartMs;
    this.#restartMs = Math.min(2 * delayMs, RESTART_MS_MAX);
    const fields = { cause: String(cause), crashes: this.#crashes, delayMs };
    log.error(fields, 'The training worker ended unexpectedly and is started again.');
    this.#restartTimer = setTimeout(() => this.#restart(), delayMs);
  }

  #restart(): void {
    this.#start();
    const bytes = this.#lastState.slice();
    // A state that is refused was taken from a worker or checked before: the crash went deeper.
    this.#request((request) => ({ kind: 'restore', request, bytes })).catch((error) =>
      this.#options.log.error({ cause: String(error) }, 'Training begins anew without its state.'),
    );
    for (const weights of this.#live.values()) this.#post({ kind: 'adopt', weights });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#options.log.info({ yielding: message.yielding }, 'The training worker has started.');
        break;
      case 'taken':
        this.#inFlightBytes -= message.bytes;
        break;
      case 'exchange':
        this.#exchanges.set(message.group, new WeightsExchange(message.memory));
        break;
      case 'weights':
        this.#takeWeights(message.notice);
        break;
      case 'checkpoint':
        this.#results.next({ kind: 'checkpoint', ...message.notice });
        break;
      case 'untrained': {
        const { group, groupsMax } = message;
        const sentence = 'There is no room to train another model group; it is not trained.';
        this.#options.log.warn({ group, groupsMax }, sentence);
        break;
      }
      case 'progress':
        this.#progress = message.progress;
        break;
      default:
        this.#answer(message);
    }
  }

  #takeWeights(notice: WeightsNotice): void {
    const { result: kind, half, shape, ...rest } = notice;
    const weights = this.#exchanges.get(notice.group)?.read(half);
    if (weights === undefined) return;
    this.#live.set(notice.group, { group: notice.group, shape, version: notice.version, weights });
    this.#results.next({ kind, ...rest, weights });
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** Resolves with the answer; with null when there is no worker or it ends before. */
  #request(message: (request: number) => ToWorker): Promise<Uint8Array | null> {
    if (this.#worker === null) return Promise.resolve(null);
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      this.#post(message(request));
    });
  }

  #answer(message: FromWorker & { readonly request: number }): void {
    const request = this.#requests.get(message.request);
    this.#requests.delete(message.request);
    if (message.kind === 'refused') {
      request?.reject(new InklingError(message.code, message.message));
    } else {
      request?.resolve(message.kind === 'state' ? message.bytes : null);
    }
  }

  #endRequests(): void {
    for (const { resolve } of this.#requests.values()) resolve(null);
    this.#requests.clear();
  }
}

/** Starts training beside the caller; see `TrainingWorker`. */
export function startTrainingWorker(options: TrainingWorkerOptions): TrainingWorker {
  return new TrainingWorker(options);
}

interface Request {
  readonly resolve: (answer: Uint8Array | null) => void;
  readonly reject: (error: InklingError) => void;
}

const NO_PROGRESS: TrainingProgress = {
  acceptedSteps: 0,
  refusedRows: 0,
  untrainedGroups: 0,
  updates: 0,
  refusedUpdates: 0,
  skippedUpdates: 0,
  divergences: 0,
  rollbacks: 0,
  seconds: 0,
};
/** A worker that ran that long before it crashed is started again after the shortest time. */
const HEALTHY_MS = 60_000;
const RESTART_MS_MAX = 60_000;
