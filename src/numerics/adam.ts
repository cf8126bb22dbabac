/**
 * Adam (Kingma and Ba, 2015) over one flat array:
 *
 *   m ← β₁m + (1 − β₁)·gradient              v ← β₂v + (1 − β₂)·gradient²
 *   weights −= rate · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 *
 * The state is plain arrays and a number, so a snapshot writes it as it is.
 */

/** Same layout as the weights; `step` counts the updates made. */
export interface AdamState {
  readonly m: Float32Array;
  readonly v: Float32Array;
  step: number;
}

export interface AdamOptions {
  readonly learningRate: number;
  /** In 0..1, exclusive of 1. */
  readonly beta1: number;
  readonly beta2: number;
  /** Greater than 0. */
  readonly epsilon: number;
}

/** The state before the first update of `count` weights. */
export function createAdamState(count: number): AdamState {
  return { m: new Float32Array(count), v: new Float32Array(count), step: 0 };
}

/**
 * One update: changes `weights` and `state` in place. The caller has made sure that the gradient is
 * finite: one NaN would stay in the state for ever.
 */
export function adamStep(
  weights: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  { learningRate, beta1, beta2, epsilon }: AdamOptions,
): void {
  const { m, v } = state;
  state.step += 1;
  const stepSize = learningRate / (1 - beta1 ** state.step);
  const vScale = 1 / (1 - beta2 ** state.step);
  for (let i = 0; i < weights.length; i++) {
    const d = gradient[i];
    const mean = beta1 * m[i] + (1 - beta1) * d;
    const square = beta2 * v[i] + (1 - beta2) * d * d;
    m[i] = mean;
    v[i] = square;
    weights[i] -= (stepSize * mean) / (Math.sqrt(square * vScale) + epsilon);
  }
}
