/**
 * Recursive least squares: an exact online ridge regression that forecasts many leads from one set
 * of features. All leads share one matrix P, since P depends on the features alone.
 *
 *   k = P x / (λ + xᵀ P x)      P ← (P − k (P x)ᵀ) / λ      λ = 1 while trace P > 200 d
 *   when y_t arrives, for every lead h:  w_h ← w_h + k_{t−h} (y_t − base_{t−h} − w_hᵀ x_{t−h})
 *
 * The answer to the features of step t − h comes h steps later: features and gains wait in a ring
 * until then, so nothing is learnt before it has happened, and w_h is at every time what a batch
 * regression over all answered steps would give. P is symmetric; only its lower triangle is kept:
 *
 *   row i at i(i + 1)/2:   ┌───┐
 *                          │ 0 ├───┐
 *                          │ 1 │ 2 ├───┐        O(d² + H d) a step, float64
 *                          │ 3 │ 4 │ 5 │
 *                          └───┴───┴───┘
 */

/** P starts as so many times the identity: the weights' prior variance against an error of 1. */
const PRIOR = 10;
/** Where the features say nothing P would grow for ever; forgetting waits beyond. */
const TRACE_MAX = 200;
/** Errors count in full until a lead has learnt from so many; then they are clipped. */
const UNCLIPPED_ERRORS = 400;
/** Below any error worth learning from; lets a perfect series change. */
const DEVIATION_MIN = 1e-9;
const SQUARE_RATE_FIRST = 0.02;
const SQUARE_RATE = 0.005;

export interface LeastSquaresOptions {
  /** d: numbers in. */
  readonly features: number;
  /** H: leads 1..H are forecast. */
  readonly leads: number;
  /** λ in (0, 1]. */
  readonly forgetting: number;
  /** Errors are clipped to so many running deviations; Infinity: never, which is exact. */
  readonly clipDeviations: number;
}

/** One regression of one stream. Call `learn`, then `advance`, once a step; everything in units of order 1. */
export class RecursiveLeastSquares {
  readonly features: number;
  readonly leads: number;
  readonly #forgetting: number;
  readonly #clipDeviations: number;
  /** (d (d + 1)/2) */
  readonly #p: Float64Array;
  /** (H, d) */
  readonly #weights: Float64Array;
  /** (H, d) rings over steps: what was seen, and how much it is learnt from. */
  readonly #seen: Float64Array;
  readonly #gains: Float64Array;
  /** (H) ring of bases; NaN: nothing is learnt from that step. */
  readonly #bases: Float64Array;
  /** (H) running mean squared error of each lead, and errors learnt from. */
  readonly #squares: Float64Array;
  readonly #learnt: Uint32Array;
  /** (d) */
  readonly #px: Float64Array;
  #trace: number;
  #steps: number;

  constructor({ features, leads, forgetting, clipDeviations }: LeastSquaresOptions) {
    this.features = features;
    this.leads = leads;
    this.#forgetting = forgetting;
    this.#clipDeviations = clipDeviations;
    this.#p = new Float64Array((features * (features + 1)) / 2);
    this.#weights = new Float64Array(leads * features);
    this.#seen = new Float64Array(leads * features);
    this.#gains = new Float64Array(leads * features);
    this.#bases = new Float64Array(leads).fill(Number.NaN);
    this.#squares = new Float64Array(leads);
    this.#learnt = new Uint32Array(leads);
    this.#px = new Float64Array(features);
    this.#trace = 0;
    this.#steps = 0;
    this.#forgetCertainty();
  }

  /** The value of a new step has arrived; NaN: it is missing, and nothing is learnt. */
  learn(y: number): void {
    if (Number.isNaN(y)) return;
    const { leads, features: d } = this;
    for (let h = 1; h <= Math.min(leads, this.#steps); h++) {
      const slot = (this.#steps - h) % leads;
      const base = this.#bases[slot];
      if (Number.isNaN(base)) continue;
      const raw = y - base - this.#product(h - 1, this.#seen, slot * d);
      const error = this.#clipped(h - 1, raw);
      const w = (h - 1) * d;
      const k = slot * d;
      for (let i = 0; i < d; i++) this.#weights[w + i] += this.#gains[k + i] * error;
    }
  }

  /**
   * Takes the step's features in: forecasts for it are relative to `base`. A `base` of NaN says that
   * the features are guesses: they change nothing.
   */
  advance(/** (d) */ x: Float64Array, base: number): void {
    const slot = this.#steps % this.leads;
    this.#steps += 1;
    this.#bases[slot] = base;
    if (Number.isNaN(base)) return;
    const d = this.features;
    const px = this.#px;
    this.#multiply(x);
    let variance = 0;
    for (let i = 0; i < d; i++) variance += px[i] * x[i];
    const forgetting = this.#trace > TRACE_MAX * d ? 1 : this.#forgetting;
    const scale = 1 / (forgetting + variance);
    if (!(variance >= 0) || !(scale > 0)) {
      // Rounding has made P useless, or the features are beyond all bounds.
      this.#bases[slot] = Number.NaN;
      this.#forgetCertainty();
      return;
    }
    this.#seen.set(x, slot * d);
    for (let i = 0; i < d; i++) this.#gains[slot * d + i] = px[i] * scale;
    this.#shrink(scale, 1 / forgetting);
  }

  /** Writes base-relative forecasts of all leads to into[at … at + H). */
  predict(/** (d) */ x: Float64Array, into: Float64Array, at: number): void {
    for (let lead = 0; lead < this.leads; lead++) into[at + lead] = this.#product(lead, x, 0);
  }

  #product(lead: number, x: Float64Array, at: number): number {
    const d = this.features;
    const w = lead * d;
    const weights = this.#weights;
    let sum = 0;
    for (let i = 0; i < d; i++) sum += weights[w + i] * x[at + i];
    return sum;
  }

  /** The error as it is learnt from: one outlier must not undo what thousands of steps have taught. */
  #clipped(lead: number, error: number): number {
    if (this.#clipDeviations === Number.POSITIVE_INFINITY) return error;
    this.#learnt[lead] += 1;
    const isYoung = this.#learnt[lead] <= UNCLIPPED_ERRORS;
    const limit = this.#clipDeviations * Math.sqrt(this.#squares[lead]) + DEVIATION_MIN;
    const square = isYoung ? error * error : Math.min(error * error, 4 * limit * limit);
    const rate = isYoung ? SQUARE_RATE_FIRST : SQUARE_RATE;
    this.#squares[lead] += rate * (square - this.#squares[lead]);
    return isYoung ? error : Math.max(-limit, Math.min(limit, error));
  }

  /** px = P x from the lower triangle alone. */
  #multiply(x: Float64Array): void {
    const d = this.features;
    const p = this.#p;
    const px = this.#px;
    px.fill(0);
    let at = 0;
    for (let i = 0; i < d; i++) {
      const xi = x[i];
      let sum = 0;
      for (let j = 0; j < i; j++, at++) {
        sum += p[at] * x[j];
        px[j] += p[at] * xi;
      }
      px[i] += sum + p[at++] * xi;
    }
  }

  /** P ← (P − scale · px pxᵀ) · growth. */
  #shrink(scale: number, growth: number): void {
    const d = this.features;
    const p = this.#p;
    const px = this.#px;
    let trace = 0;
    let at = 0;
    for (let i = 0; i < d; i++) {
      const ki = px[i] * scale;
      for (let j = 0; j <= i; j++, at++) p[at] = (p[at] - ki * px[j]) * growth;
      trace += p[at - 1];
    }
    this.#trace = trace;
  }

  #forgetCertainty(): void {
    this.#p.fill(0);
    for (let i = 0; i < this.features; i++) this.#p[(i * (i + 3)) / 2] = PRIOR;
    this.#trace = PRIOR * this.features;
  }
}
