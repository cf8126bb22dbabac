import { type AdamState, adamStep, createAdamState } from '../../numerics/adam.ts';

/**
 * The copies of a group's weights, and the moments of the one that is trained:
 *
 *   weights ──judged better──▶ best        (while warming up; the steady updates need no judge)
 *      └── or best ──published──▶ published ──promotion test──▶ lastGood ──worse──▶ all of them
 */
export class WeightCopies {
  /** What the updates change. */
  readonly weights: Float32Array;
  /** What won the last judgement of the warm-up. */
  readonly best: Float32Array;
  /** What is live. */
  readonly published: Float32Array;
  /** What passed the last promotion test. */
  readonly lastGood: Float32Array;
  readonly #adam: AdamState;

  constructor(weights: Float32Array) {
    this.weights = weights.slice();
    this.best = weights.slice();
    this.published = weights.slice();
    this.lastGood = weights.slice();
    this.#adam = createAdamState(weights.length);
  }

  /** Adam's steps since the moments were last zero. */
  get adamSteps(): number {
    return this.#adam.step;
  }

  set adamSteps(steps: number) {
    this.#adam.step = steps;
  }

  /** One step of Adam along a finite gradient. */
  step(gradient: Float32Array, learningRate: number): void {
    adamStep(this.weights, gradient, this.#adam, { ...ADAM, learningRate });
  }

  /** Training goes on from one of the copies, without the momentum that led away from it. */
  returnTo(copy: Float32Array): void {
    this.weights.set(copy);
    this.#adam.m.fill(0);
    this.#adam.v.fill(0);
    this.#adam.step = 0;
  }

  /** Makes these weights all of the copies. */
  adopt(weights: Float32Array): void {
    this.returnTo(weights);
    this.best.set(weights);
    this.published.set(weights);
    this.lastGood.set(weights);
  }

  /** See `StepHistory.arrays`. */
  arrays(): readonly Float32Array[] {
    return [this.weights, this.best, this.published, this.lastGood, this.#adam.m, this.#adam.v];
  }
}

const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
