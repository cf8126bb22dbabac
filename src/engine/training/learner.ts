import { clipGradientNorm } from '../../numerics/gradient-clip.ts';
import { scheduledLearningRate } from '../../numerics/learning-rate.ts';
import type { Random } from '../../numerics/random.ts';
import type { GradientKernel } from '../../numerics/recurrent-kernel.ts';
import { HeldOut } from './held-out.ts';
import { heldOutLosses } from './held-out-losses.ts';
import type { ReplayReservoir } from './replay-reservoir.ts';
import type { StepHistory } from './step-history.ts';
import { countLoss, type TrainerNumbers } from './trainer-numbers.ts';
import { beginWarmUp, judgeWarmUp, WARM_UP, type WarmUp, warmUpMayGoOn } from './warm-up.ts';
import type { WeightCopies } from './weight-copies.ts';
import { WindowBatch } from './window-batch.ts';
import { WindowPicker } from './window-picker.ts';

/** What a learner works on; all of it belongs to the trainer, which saves and restores it. */
export interface LearnerParts {
  readonly kernel: GradientKernel;
  readonly history: StepHistory;
  readonly reservoir: ReplayReservoir;
  readonly copies: WeightCopies;
  readonly numbers: TrainerNumbers;
  /** Steps of a window. */
  readonly window: number;
}

export interface LearningStep {
  /**
   * `refused`: loss or gradient was not finite, nothing changed. `idle`: nothing to learn from.
   * `diverged`: it has gone wrong too often in a row; the weights must be set back.
   */
  readonly status: 'updated' | 'refused' | 'diverged' | 'idle';
  /** Loss of the batch before the update; null when idle. */
  readonly loss: number | null;
  /** Loss of the batch if the network answered 0 everywhere; null when idle. */
  readonly naiveLoss: number | null;
}

/**
 * Changes the weights, one step of Adam at a time, and judges them on held-out targets while the
 * warm-up lasts:
 *
 *   history ─┐
 *            ├─▶ picker ─▶ batch ─▶ + noise ─▶ gradient ─▶ clip ─▶ Adam ─▶ weights
 *   replay ──┘                                     every 25th of the warm-up: better? ─▶ best
 *
 * What becomes of the weights afterwards is the trainer's business.
 */
export class Learner {
  readonly warmUp: WarmUp;
  readonly #parts: LearnerParts;
  readonly #heldOut: HeldOut;
  readonly #batch: WindowBatch;
  readonly #picker: WindowPicker;
  readonly #gradient: Float32Array;

  constructor(parts: LearnerParts) {
    const { history, reservoir, copies, window } = parts;
    this.warmUp = beginWarmUp();
    this.#parts = parts;
    this.#heldOut = new HeldOut(history.slots);
    this.#batch = new WindowBatch(history.shape, NEWEST_WINDOWS + UPDATE_REPLAYS, window);
    this.#picker = new WindowPicker(history, reservoir, this.#heldOut, this.#batch);
    this.#gradient = new Float32Array(copies.weights.length);
  }

  get warmingUp(): boolean {
    return this.warmUp.active === 1;
  }

  /** Whether a step would learn something now. */
  ready(): boolean {
    if (!this.warmingUp) return this.#picker.hasNewest();
    const { history, window } = this.#parts;
    if (!warmUpMayGoOn(this.warmUp, history.acceptedSteps, window)) return false;
    if (this.warmUp.updates > 0) return this.#picker.hasNewest();
    return this.#picker.windowCount(Math.min(STEPS_MIN, window / 2)) >= WINDOWS_MIN;
  }

  /** One Adam step, or nothing while not `ready`. Draws from `random`. */
  step(random: Random): LearningStep {
    if (!this.ready() || !this.#fillBatch(random)) return IDLE;
    const { kernel, copies, numbers } = this.#parts;
    this.#batch.addNoise(random, INPUT_NOISE);
    const naiveLoss = this.#batch.naive().loss;
    const loss = kernel.gradient(copies.weights, this.#batch.view(), this.#gradient);
    const norm = clipGradientNorm(this.#gradient, GRADIENT_NORM_MAX);
    const finite = Number.isFinite(loss) && Number.isFinite(norm);
    if (finite) copies.step(this.#gradient, this.#learningRate());
    if (countLoss(numbers, finite ? loss : null, naiveLoss)) {
      return { status: 'diverged', loss, naiveLoss };
    }
    if (!finite) return { status: 'refused', loss, naiveLoss };
    numbers.updates++;
    if (this.warmingUp) this.#countWarmUp(random);
    else numbers.unpublished++;
    return { status: 'updated', loss, naiveLoss };
  }

  /** See `StepHistory.arrays`. */
  arrays(): readonly Float64Array[] {
    return this.#heldOut.arrays();
  }

  #fillBatch(random: Random): boolean {
    if (!this.warmingUp) {
      return this.#picker.pickNewestAndReplay(random, NEWEST_WINDOWS, UPDATE_REPLAYS);
    }
    if (this.warmUp.updates === 0) this.#heldOut.advance(this.#parts.history);
    if (!this.#picker.pickAny(random, WARM_UP.windows)) return false;
    // The first states were made by weights that knew nothing.
    if (this.warmUp.updates < WARM_UP.zeroStateUpdates) this.#batch.clearStates();
    return true;
  }

  #learningRate(): number {
    if (!this.warmingUp) return WARM_UP.learningRate.after;
    return scheduledLearningRate(this.warmUp.updates, WARM_UP.learningRate);
  }

  #countWarmUp(random: Random): void {
    const { copies, numbers, history } = this.#parts;
    this.warmUp.updates++;
    if (this.warmUp.updates % WARM_UP.judgeEvery !== 0) return;
    const improved = this.#judge(random);
    if (improved) {
      copies.best.set(copies.weights);
      numbers.unpublished++;
    }
    const verdict = judgeWarmUp(this.warmUp, improved, history.acceptedSteps);
    if (verdict === 'return') copies.returnTo(copies.best);
    this.#heldOut.advance(history);
  }

  /** Are the weights better than the best ones on what was held out? Null when nothing was. */
  #judge(random: Random): boolean | null {
    const { kernel, copies, numbers, reservoir, history } = this.#parts;
    const start = random.integer(reservoir.capacity + history.slots);
    const parts = { picker: this.#picker, batch: this.#batch, kernel };
    const pair = [copies.weights, copies.best] as const;
    const losses = heldOutLosses(parts, start, pair, this.#gradient);
    if (losses === null) return null;
    numbers.heldOutLoss = Math.min(...losses);
    return losses[0] < losses[1];
  }
}

const IDLE: LearningStep = { status: 'idle', loss: null, naiveLoss: null };

/** An update learns from the newest window of each slot, a sample of these when there are more … */
const NEWEST_WINDOWS = 16;
/** … and from these of the reservoir. */
const UPDATE_REPLAYS = 8;
const GRADIENT_NORM_MAX = 1;
/** Deviation of the Gaussian noise on the inputs, in training only. */
const INPUT_NOISE = 0.15;
/** The warm-up begins with so many windows of so many steps. */
const WINDOWS_MIN = 4;
const STEPS_MIN = 32;
