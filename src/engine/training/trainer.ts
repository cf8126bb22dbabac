import { Random } from '../../numerics/random.ts';
import type {
  GradientKernel,
  NetworkShape,
  RecurrentKernel,
} from '../../numerics/recurrent-kernel.ts';
import { Checkpoint } from './checkpoint.ts';
import { Learner, type LearningStep } from './learner.ts';
import { ReplayReservoir } from './replay-reservoir.ts';
import { StepHistory } from './step-history.ts';
import {
  assignNumbers,
  beginNumbers,
  forgetLosses,
  type TrainerCounters,
  type TrainerNumbers,
} from './trainer-numbers.ts';
import type { TrainingResult } from './training-result.ts';
import { findState, ROW_STEP, rowWidth, type TrainingRows } from './training-rows.ts';
import { WeightCopies } from './weight-copies.ts';

/** Makes the two workloads of a network; nothing here knows which implementation runs. */
export interface TrainingKernels {
  readonly gradient: (shape: NetworkShape) => GradientKernel;
  readonly recurrent: (shape: NetworkShape) => RecurrentKernel;
}

export interface TrainerOptions {
  readonly group: string;
  readonly shape: NetworkShape;
  /** Fixes replay, sampling and input noise. */
  readonly seed: number;
  /** Steps of a window, 8 or more. */
  readonly window: number;
  /** The weights the group forecasts with now, and their version. */
  readonly weights: Float32Array;
  readonly version: number;
  /** Members whose steps are kept at once; 64 when left out. */
  readonly slots?: number;
  /** Windows kept for replay; 512 when left out. */
  readonly replayWindows?: number;
}

export interface UpdateResult extends LearningStep {
  /** What became of the group, when `diverged`. */
  readonly result: TrainingResult | null;
}

/**
 * Trains the weights of one model group from the rows the engine hands over. Deterministic: the
 * same calls with the same rows and seed give the same bits.
 *
 *   accept(rows) ─▶ StepHistory ─▶ ReplayReservoir ─▶ Learner    update() ─▶ weights
 *                       │                                       publish() ─▶ published ← weights
 *                       └─▶ Checkpoint (shadow) ─▶ checkpoint() ─▶ good:    lastGood ← published
 *                                                                  worse:   all      ← lastGood
 *
 * What `weights`, `published` and `lastGood` are is told in weight-copies.ts.
 */
export class Trainer {
  readonly group: string;
  readonly shape: NetworkShape;
  readonly window: number;
  readonly slots: number;
  readonly replayWindows: number;
  readonly #history: StepHistory;
  readonly #reservoir: ReplayReservoir;
  readonly #copies: WeightCopies;
  readonly #numbers: TrainerNumbers;
  readonly #learner: Learner;
  readonly #checkpoint: Checkpoint;
  #random: Random;

  constructor(options: TrainerOptions, kernels: TrainingKernels) {
    const { shape, window, weights, slots = SLOTS, replayWindows = REPLAY_WINDOWS } = options;
    this.group = options.group;
    this.shape = shape;
    this.window = window;
    this.slots = slots;
    this.replayWindows = replayWindows;
    this.#history = new StepHistory(shape, slots, window);
    this.#reservoir = new ReplayReservoir(shape, replayWindows, window);
    this.#copies = new WeightCopies(weights);
    this.#numbers = beginNumbers(options.version);
    this.#learner = new Learner({
      kernel: kernels.gradient(shape),
      history: this.#history,
      reservoir: this.#reservoir,
      copies: this.#copies,
      numbers: this.#numbers,
      window,
    });
    this.#checkpoint = new Checkpoint(this.#history, kernels.recurrent(shape));
    this.#random = new Random(options.seed);
  }

  /** Version of the published weights. */
  get version(): number {
    return this.#numbers.publishedVersion;
  }

  get warmingUp(): boolean {
    return this.#learner.warmingUp;
  }

  /** Streams that still send steps. */
  get activeMembers(): number {
    return this.#history.activeMembers();
  }

  /** What happened so far, each counted from the beginning of the group. */
  get counters(): TrainerCounters {
    const { updates, refusedUpdates, divergences, rollbacks } = this.#numbers;
    const { acceptedSteps, refusedRows } = this.#history;
    return { acceptedSteps, refusedRows, updates, refusedUpdates, divergences, rollbacks };
  }

  /** Takes rows in; they are copied. Rows of another group or shape are a programmer's error. */
  accept(rows: TrainingRows): void {
    this.#assertMine(rows);
    const numbers = this.#numbers;
    numbers.version = Math.max(numbers.version, rows.version);
    // Only forecasts of weights that are known here, and newer than the last good ones, are judged.
    const judged =
      rows.version > numbers.lastGoodVersion && rows.version <= numbers.publishedVersion;
    const width = rowWidth(this.shape);
    let cursor = 0;
    for (let index = 0; index < rows.count; index++) {
      const slot = this.#history.accept(rows, index);
      const state = findState(rows, index * width, cursor);
      if (state >= 0) cursor = state + 1;
      if (slot < 0) continue;
      if (state >= 0) {
        this.#history.acceptState(slot, rows.rows[index * width + ROW_STEP], rows, state);
      }
      this.#reservoir.offer(this.#history, slot, this.#random);
      if (judged) this.#checkpoint.accept(slot);
    }
    if (judged) this.#checkpoint.flush();
  }

  /** Whether an update would learn something now. */
  ready(): boolean {
    return this.#learner.ready();
  }

  /** One Adam step, or nothing while not `ready`. Training that has diverged is set back at once. */
  update(): UpdateResult {
    const step = this.#learner.step(this.#random);
    const diverged = step.status === 'diverged';
    return { ...step, result: diverged ? this.#returnToLastGood('diverged') : null };
  }

  /** Makes what was learnt since the last time the live weights; null when nothing was. */
  publish(): TrainingResult | null {
    const numbers = this.#numbers;
    if (numbers.unpublished === 0) return null;
    const source = this.warmingUp ? this.#copies.best : this.#copies.weights;
    if (numbers.publishedVersion === numbers.lastGoodVersion) {
      this.#checkpoint.begin(this.#copies.lastGood);
    }
    this.#copies.published.set(source);
    numbers.unpublished = 0;
    numbers.publishedVersion = ++numbers.version;
    const loss = this.warmingUp ? numbers.heldOutLoss : numbers.slowLoss;
    return this.#weightsResult('published', Number.isFinite(loss) ? loss : null);
  }

  /** The promotion test; null when nothing was published since the last one, or too little seen. */
  checkpoint(): TrainingResult | null {
    const numbers = this.#numbers;
    if (numbers.publishedVersion === numbers.lastGoodVersion) return null;
    const verdict = this.#checkpoint.verdict();
    if (verdict === 'undecided') return null;
    const loss = this.#checkpoint.liveLoss;
    if (verdict === 'worse') return this.#returnToLastGood('rollback', loss);
    this.#copies.lastGood.set(this.#copies.published);
    numbers.lastGoodVersion = numbers.publishedVersion;
    const { group } = this;
    return { kind: 'checkpoint', group, version: this.version, loss, updates: numbers.updates };
  }

  /** Takes over weights that are live already, when they are newer than all that is known here. */
  adopt(version: number, weights: Float32Array): void {
    if (version <= this.#numbers.publishedVersion) return;
    this.#copies.adopt(weights);
    const numbers = this.#numbers;
    numbers.version = Math.max(numbers.version, version);
    numbers.publishedVersion = version;
    numbers.lastGoodVersion = version;
    numbers.unpublished = 0;
  }

  /** (parameters) a copy of the live weights. */
  publishedWeights(): Float32Array {
    return this.#copies.published.slice();
  }

  /** Replay windows that are kept now. */
  get replays(): number {
    return this.#reservoir.count;
  }

  /** Makes room for replay windows that are about to be restored. */
  expectReplays(count: number): void {
    this.#reservoir.expect(count);
  }

  /**
   * Every array that together with `scalars` is the state, in a fixed order. They are views, valid
   * until the next call that changes anything; their sizes follow from the options and `replays`.
   */
  arrays(): readonly (Float32Array | Float64Array)[] {
    return [
      ...this.#copies.arrays(),
      ...this.#history.arrays(),
      ...this.#reservoir.arrays(),
      ...this.#learner.arrays(),
      ...this.#checkpoint.arrays(),
    ];
  }

  /** Every number of the state that is in no array, in a fixed order. */
  scalars(): number[] {
    return [
      ...this.#random.state(),
      this.#copies.adamSteps,
      ...Object.values(this.#learner.warmUp),
      ...Object.values(this.#numbers),
    ];
  }

  /** Continues from `scalars`, after the arrays were overwritten. */
  restored(scalars: readonly number[]): void {
    this.#random = Random.restore(scalars.slice(0, 4));
    this.#copies.adamSteps = scalars[4];
    const warmUpEnd = 5 + Object.keys(this.#learner.warmUp).length;
    assignNumbers(this.#learner.warmUp, scalars.slice(5, warmUpEnd));
    assignNumbers(this.#numbers, scalars.slice(warmUpEnd));
    this.#history.restored();
    this.#checkpoint.restored(this.#copies.lastGood);
  }

  #assertMine(rows: TrainingRows): void {
    const { shape } = this;
    const same = (Object.keys(shape) as (keyof NetworkShape)[]).every(
      (key) => rows.shape[key] === shape[key],
    );
    if (rows.group !== this.group || !same) {
      throw new RangeError(`expected rows of group "${this.group}", got "${rows.group}"`);
    }
  }

  #returnToLastGood(kind: 'rollback' | 'diverged', loss?: number): TrainingResult {
    const numbers = this.#numbers;
    this.#copies.returnTo(this.#copies.lastGood);
    this.#copies.best.set(this.#copies.lastGood);
    this.#copies.published.set(this.#copies.lastGood);
    if (kind === 'rollback') numbers.rollbacks++;
    else numbers.divergences++;
    const lossBefore = loss ?? (numbers.slowLoss > 0 ? numbers.slowLoss : null);
    forgetLosses(numbers);
    numbers.unpublished = 0;
    numbers.publishedVersion = ++numbers.version;
    numbers.lastGoodVersion = numbers.version;
    return this.#weightsResult(kind, lossBefore);
  }

  #weightsResult(kind: 'published' | 'rollback' | 'diverged', loss: number | null): TrainingResult {
    const { group, version } = this;
    const { updates } = this.#numbers;
    return { kind, group, version, weights: this.publishedWeights(), loss, updates };
  }
}

const SLOTS = 64;
const REPLAY_WINDOWS = 512;
