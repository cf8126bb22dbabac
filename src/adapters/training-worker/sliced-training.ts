import { Trainer, type TrainingKernels } from '../../engine/training/trainer.ts';
import { decodeTrainers, encodeTrainers } from '../../engine/training/trainer-state.ts';
import type { TrainingResult, WeightsResult } from '../../engine/training/training-result.ts';
import type { TrainingRows } from '../../engine/training/training-rows.ts';
import { TrainingSchedule } from '../../engine/training/training-schedule.ts';
import { crc32c } from '../../numerics/crc32c.ts';
import { initialWeights } from '../../numerics/network-layout.ts';
import { hashSeed, Random } from '../../numerics/random.ts';
import type { NetworkShape } from '../../numerics/recurrent-kernel.ts';
import { InklingError } from '../../protocol/errors.ts';
import type {
  FromWorker,
  LiveWeights,
  ToWorker,
  TrainingProgress,
  WorkerSettings,
} from './messages.ts';
import { WeightsExchange } from './weights-exchange.ts';
import type { MonotonicClock } from './worker-clock.ts';

export interface SlicedTrainingOptions {
  readonly settings: WorkerSettings;
  readonly kernels: TrainingKernels;
  readonly clock: MonotonicClock;
  readonly post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  /** Runs `slice` once after that time; a second call replaces the first. */
  readonly later: (slice: () => void, delayMs: number) => void;
}

interface Lane {
  readonly trainer: Trainer;
  readonly schedule: TrainingSchedule;
  readonly exchange: WeightsExchange;
  /** Time spent on updates, all of it and since the last publication. */
  trainedMs: number;
  unpublishedMs: number;
}

/**
 * Everything the worker does, without the thread: rows are taken in as they come, and the rest of
 * the time is cut into slices. A slice does one task (an update, a publication or a checkpoint) of
 * one group, in turn, and then lets messages in. After a task it rests for a fifth of the
 * time it took.
 */
export class SlicedTraining {
  readonly #options: SlicedTrainingOptions;
  readonly #lanes: Map<string, Lane>;
  /** Groups that found no room, and how many of their rows were not taken. */
  readonly #untrained: Set<string>;
  #untrainedRows: number;
  #turn: number;
  /** `idle`: the next slice waits for the clock or for a message; else it comes when it comes. */
  #state: 'idle' | 'soon' | 'resting';
  #reportedAt: number;

  constructor(options: SlicedTrainingOptions) {
    this.#options = options;
    this.#lanes = new Map();
    this.#untrained = new Set();
    this.#untrainedRows = 0;
    this.#turn = 0;
    this.#state = 'idle';
    this.#reportedAt = options.clock.nowMs();
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'rows':
        this.#acceptRows(message.rows);
        this.#options.post({ kind: 'taken', bytes: message.bytes });
        break;
      case 'adopt':
        this.#adopt(message.weights);
        break;
      case 'state':
        this.#sendState(message.request);
        break;
      case 'restore':
        this.#restore(message.request, message.bytes);
        break;
    }
    // A flood of messages must neither put the slice off for ever nor cut a rest short.
    if (this.#state !== 'idle') return;
    this.#state = 'soon';
    this.#options.later(() => this.#slice(), 0);
  }

  /** Does at most one task, then arranges for the next slice. */
  #slice(): void {
    const { clock, later } = this.#options;
    const begun = clock.nowMs();
    const worked = this.#doOneTask(begun);
    const now = clock.nowMs();
    this.#report(now);
    const restMs = worked ? (now - begun) * REST_SHARE : this.#waitMs(now);
    this.#state = worked ? 'resting' : 'idle';
    if (this.#lanes.size > 0) later(() => this.#slice(), restMs);
  }

  #doOneTask(now: number): boolean {
    const lanes = [...this.#lanes.values()];
    for (let k = 0; k < lanes.length; k++) {
      this.#turn = (this.#turn + 1) % lanes.length;
      const lane = lanes[this.#turn];
      if (lane !== undefined && this.#doTask(lane, now)) return true;
    }
    return false;
  }

  #doTask(lane: Lane, now: number): boolean {
    const { trainer, schedule, exchange } = lane;
    // Any task may bring weights; without room for them it has to wait until some were fetched.
    if (exchange.freeHalf() === null) return false;
    const task = schedule.next(now, trainer.warmingUp && trainer.ready());
    if (task === null) return false;
    if (task === 'update') {
      const { result } = trainer.update();
      const spentMs = this.#options.clock.nowMs() - now;
      lane.trainedMs += spentMs;
      lane.unpublishedMs += spentMs;
      this.#announce(lane, result);
    } else {
      this.#announce(lane, task === 'publish' ? trainer.publish() : trainer.checkpoint());
    }
    return true;
  }

  #announce(lane: Lane, result: TrainingResult | null): void {
    if (result === null) return;
    const { group, version, updates } = result;
    if (result.kind === 'checkpoint') {
      const notice = { group, version, loss: result.loss, updates };
      this.#options.post({ kind: 'checkpoint', notice });
      return;
    }
    const half = lane.exchange.freeHalf();
    if (half === null) throw new Error(`no room for weights of "${group}"`);
    lane.exchange.write(half, result.weights);
    const notice = {
      result: result.kind,
      group,
      shape: lane.trainer.shape,
      version,
      loss: result.loss,
      updates,
      seconds: lane.unpublishedMs / 1000,
      digest: digestOf(result),
      half,
    };
    lane.unpublishedMs = 0;
    this.#options.post({ kind: 'weights', notice });
  }

  #acceptRows(rows: TrainingRows): void {
    const lane = this.#laneFor(rows.group, rows.shape);
    if (lane === null) {
      this.#untrainedRows += rows.count;
      return;
    }
    const before = lane.trainer.counters.acceptedSteps;
    lane.trainer.accept(rows);
    const steps = lane.trainer.counters.acceptedSteps - before;
    // The warm-up is not paced by rows: nothing is owed, and nothing skipped, before it ends.
    if (!lane.trainer.warmingUp) lane.schedule.addSteps(steps, lane.trainer.activeMembers);
  }

  #adopt({ group, shape, version, weights }: LiveWeights): void {
    const lane = this.#laneFor(group, shape);
    if (lane?.trainer.publishedWeights().length === weights.length) {
      lane.trainer.adopt(version, weights);
    }
  }

  #sendState(request: number): void {
    const bytes = encodeTrainers([...this.#lanes.values()].map((lane) => lane.trainer));
    this.#options.post({ kind: 'state', request, bytes }, [bytes.buffer as ArrayBuffer]);
  }

  #restore(request: number, bytes: Uint8Array): void {
    try {
      for (const trainer of decodeTrainers(bytes, this.#options.kernels)) {
        this.#addLane(this.#withOurWindow(trainer));
      }
      this.#options.post({ kind: 'restored', request });
    } catch (error) {
      if (!(error instanceof InklingError)) throw error;
      const { code, message } = error;
      this.#options.post({ kind: 'refused', request, code, message });
    }
  }

  /** A trainer of another window length keeps its weights and nothing else. */
  #withOurWindow(trainer: Trainer): Trainer {
    if (trainer.window === this.#options.settings.training.window) return trainer;
    const { group, shape, version } = trainer;
    return this.#newTrainer(group, shape, version, trainer.publishedWeights());
  }

  #laneFor(group: string, shape: NetworkShape): Lane | null {
    const known = this.#lanes.get(group);
    if (known !== undefined && sameShape(known.trainer.shape, shape)) return known;
    if (known === undefined && this.#lanes.size >= GROUPS_MAX) {
      this.#noteUntrained(group);
      return null;
    }
    const seed = hashSeed(this.#options.settings.seed, group);
    const weights = initialWeights(shape, new Random(seed));
    return this.#addLane(this.#newTrainer(group, shape, 0, weights));
  }

  #noteUntrained(group: string): void {
    if (this.#untrained.has(group)) return;
    this.#untrained.add(group);
    this.#options.post({ kind: 'untrained', group, groupsMax: GROUPS_MAX });
  }

  #newTrainer(group: string, shape: NetworkShape, version: number, weights: Float32Array): Trainer {
    const { settings, kernels } = this.#options;
    const seed = hashSeed(settings.seed, `training ${group}`);
    const { window } = settings.training;
    return new Trainer({ group, shape, seed, window, weights, version }, kernels);
  }

  #addLane(trainer: Trainer): Lane {
    const { settings, clock, post } = this.#options;
    const exchange = WeightsExchange.allocate(trainer.publishedWeights().length);
    const schedule = new TrainingSchedule(settings.training, clock.nowMs());
    const lane = { trainer, schedule, exchange, trainedMs: 0, unpublishedMs: 0 };
    this.#lanes.set(trainer.group, lane);
    post({ kind: 'exchange', group: trainer.group, memory: exchange.memory });
    return lane;
  }

  #waitMs(now: number): number {
    let wait = WAIT_MAX_MS;
    for (const { schedule, exchange } of this.#lanes.values()) {
      const laneWait = exchange.freeHalf() === null ? EXCHANGE_WAIT_MS : schedule.waitMs(now);
      wait = Math.min(wait, laneWait);
    }
    return wait;
  }

  #report(now: number): void {
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    const progress: Writable<TrainingProgress> = {
      acceptedSteps: 0,
      refusedRows: this.#untrainedRows,
      untrainedGroups: this.#untrained.size,
      updates: 0,
      refusedUpdates: 0,
      skippedUpdates: 0,
      divergences: 0,
      rollbacks: 0,
      seconds: 0,
    };
    for (const { trainer, schedule, trainedMs } of this.#lanes.values()) {
      const { counters } = trainer;
      for (const key of Object.keys(counters) as (keyof typeof counters)[]) {
        progress[key] += counters[key];
      }
      progress.skippedUpdates += schedule.skippedUpdates;
      progress.seconds += trainedMs / 1000;
    }
    this.#options.post({ kind: 'progress', progress });
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function digestOf({ weights }: WeightsResult): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  return crc32c(bytes).toString(16).padStart(8, '0');
}

function sameShape(a: NetworkShape, b: NetworkShape): boolean {
  return (Object.keys(a) as (keyof NetworkShape)[]).every((key) => a[key] === b[key]);
}

/** Share of a slice's time that is rested after it. */
const REST_SHARE = 0.2;
const WAIT_MAX_MS = 1000;
/** How soon to look again whether the main thread has fetched the weights. */
const EXCHANGE_WAIT_MS = 20;
const REPORT_EVERY_MS = 1000;
/** Groups trained at once; rows of further ones are counted and not learnt from. */
const GROUPS_MAX = 64;
