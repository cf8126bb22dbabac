/**
 * The contracts of the recurrent network's two workloads: one step for many streams, and the
 * gradient of truncated backpropagation through time. The readable cells implement them, and so
 * does every faster engine; nothing above this floor knows which one runs.
 *
 *   x (X) ──▶ layer 1 ──▶ … ──▶ layer L ──▶ h (H) ─┐
 *   └────────────────────────────────────────── x ─┴─▶ linear head ──▶ y (O)
 *
 * All weights of a network are one flat Float32Array, so that a checkpoint, Adam and clipping are
 * one loop. Canonical order, gate-major rows:
 *   per layer: wx (G·H, X), wh (G·H, H), b (G·H); RNN G = 1, GRU G = 3 (r z n; a second bias bn (H) follows b),
 *   LSTM G = 4 (i f g o); then the head: wo (O, H), ws (O, X), bo (O).
 * In layers after the first, X is H. `ws` is the linear skip from the inputs to the head.
 */

export type CellKind = 'rnn' | 'gru' | 'lstm';

/** What fixes a network's arrays. */
export interface NetworkShape {
  readonly cell: CellKind;
  /** X: numbers in. */
  readonly inputs: number;
  /** H: hidden units of each layer. */
  readonly hidden: number;
  /** L. */
  readonly layers: number;
  /** O: numbers out. */
  readonly outputs: number;
}

/** Holds weights and the recurrent state of many streams; steps any subset of them. */
export interface RecurrentKernel {
  readonly shape: NetworkShape;
  /** Names the implementation in snapshots and metrics, as in `readable`. Same name, same bits. */
  readonly variant: string;
  /** (capacity, L·H), row-major. Views: fetch again after `reserve`. Cell state stays 0 where the cell has none. */
  readonly h: Float32Array;
  readonly c: Float32Array;
  /** Takes a copy of the flat weights. */
  setWeights(weights: Float32Array): void;
  /** Makes room for at least this many streams; state is kept, new rows are zero. */
  reserve(capacity: number): void;
  /**
   * One step of `count` streams, each at most once: reads x, updates h and c of row `rows[i]` in place, writes y.
   * The result for a stream has the same bits whatever the other streams of the call.
   */
  step(
    /** (count) */
    rows: Uint32Array,
    count: number,
    /** (count, X) */
    x: Float32Array,
    /** (count, O) out */
    y: Float32Array,
  ): void;
}

/** Windows that start from stored states, time-major. */
export interface TrainingBatch {
  /** B */
  readonly windows: number;
  /** T */
  readonly steps: number;
  /** (T, B, X) */
  readonly x: Float32Array;
  /** (B, L·H) states before the first step */
  readonly h0: Float32Array;
  readonly c0: Float32Array;
  /** (T, B, O) */
  readonly target: Float32Array;
  /** (T, B, O): weight of each target's loss, 0 where there is none */
  readonly weight: Float32Array;
}

/** Loss and its gradient over windows, by truncated backpropagation through time. */
export interface GradientKernel {
  readonly shape: NetworkShape;
  /**
   * Overwrites `gradient` (same layout as the weights) with d loss / d weights and returns the loss:
   * Σ weight·huber(y − target, δ = 1) / Σ weight, 0 when nothing is weighted.
   */
  gradient(weights: Float32Array, batch: TrainingBatch, gradient: Float32Array): number;
}
