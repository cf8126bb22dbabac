/**
 * What training wants to be known or done. `published`, `rollback` and `diverged` carry the weights
 * that become live, under a version higher than every one before: a roll-back is a new version with
 * old weights. `checkpoint` says that the live version has passed the promotion test.
 */
export type TrainingResult = WeightsResult | CheckpointResult;

export interface WeightsResult {
  readonly kind: 'published' | 'rollback' | 'diverged';
  readonly group: string;
  readonly version: number;
  /** A copy that belongs to whoever receives it. */
  readonly weights: Float32Array;
  /**
   * published: running mean of the updates' losses (while warming up: loss on held-out targets);
   * rollback: loss of the abandoned weights on the compared rows; diverged: the last finite running
   * mean. Null when unknown.
   */
  readonly loss: number | null;
  /** Updates done for this group since its beginning. */
  readonly updates: number;
}

export interface CheckpointResult {
  readonly kind: 'checkpoint';
  readonly group: string;
  readonly version: number;
  /** Loss of the forecasts that were issued since the last checkpoint. */
  readonly loss: number;
  readonly updates: number;
}
