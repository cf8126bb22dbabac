import type { TrainingRows } from '../../engine/training/training-rows.ts';
import type { NetworkShape } from '../../numerics/recurrent-kernel.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

/** The configuration's `training`. */
export interface TrainingOptions {
  /** An update is made every so many readings of each tracked stream. */
  readonly everyRows: number;
  /** Steps of a window. */
  readonly window: number;
  /** Weights are published at most once in that time. */
  readonly publishSeconds: number;
  readonly checkpointSeconds: number;
}

/** What the worker is started with. */
export interface WorkerSettings {
  readonly seed: number;
  readonly training: TrainingOptions;
}

/** From the main thread to the worker. `bytes` is what the sender counts as in flight. */
export type ToWorker =
  | { readonly kind: 'rows'; readonly rows: TrainingRows; readonly bytes: number }
  | { readonly kind: 'adopt'; readonly weights: LiveWeights }
  | { readonly kind: 'state'; readonly request: number }
  | { readonly kind: 'restore'; readonly request: number; readonly bytes: Uint8Array };

/** Weights that are live in the engine. */
export interface LiveWeights {
  readonly group: string;
  readonly shape: NetworkShape;
  readonly version: number;
  readonly weights: Float32Array;
}

/** From the worker to the main thread. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly yielding: boolean }
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'exchange'; readonly group: string; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'weights'; readonly notice: WeightsNotice }
  | { readonly kind: 'checkpoint'; readonly notice: CheckpointNotice }
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'untrained'; readonly group: string; readonly groupsMax: number }
  | { readonly kind: 'state'; readonly request: number; readonly bytes: Uint8Array }
  | { readonly kind: 'restored'; readonly request: number }
  | {
      readonly kind: 'refused';
      readonly request: number;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** Weights lie in a half of the group's exchange. */
export interface WeightsNotice {
  readonly result: 'published' | 'rollback' | 'diverged';
  readonly group: string;
  readonly shape: NetworkShape;
  readonly version: number;
  readonly loss: number | null;
  readonly updates: number;
  /** Time spent on updates since the version before. */
  readonly seconds: number;
  /** CRC-32C of the weights' bytes, hexadecimal, eight digits. */
  readonly digest: string;
  readonly half: 0 | 1;
}

interface CheckpointNotice {
  readonly group: string;
  readonly version: number;
  readonly loss: number;
  readonly updates: number;
}

/** Sums over all groups, since the worker was started. */
export interface TrainingProgress {
  readonly acceptedSteps: number;
  /** Unusable rows, and those of groups that there is no room for. */
  readonly refusedRows: number;
  /** Groups that there is no room for; they forecast as they did without training. */
  readonly untrainedGroups: number;
  readonly updates: number;
  readonly refusedUpdates: number;
  readonly skippedUpdates: number;
  readonly divergences: number;
  readonly rollbacks: number;
  /** Time spent on updates. */
  readonly seconds: number;
}
