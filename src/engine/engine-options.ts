import type { CellKind, NetworkShape, RecurrentKernel } from '../numerics/recurrent-kernel.ts';
import type { StreamRule } from '../stream/stream-rule.ts';

/** What fixes an engine. Same options and events, same bits. */
export interface EngineOptions {
  readonly seed: number;
  /** The last one must match every stream (`**`). */
  readonly rules: readonly StreamRule[];
  readonly models: Readonly<Record<string, ModelOptions>>;
  readonly limits: {
    readonly streams: number;
    /** Members of size `auto` are full-sized while all model state fits into that many bytes. */
    readonly modelBytes: number;
  };
  /** Streams of a group whose steps are handed to training at a time. */
  readonly trackedStreams: number;
  /** Makes the recurrent engine; the readable one or a faster twin. */
  readonly createKernel: (shape: NetworkShape) => RecurrentKernel;
}

interface ModelOptions {
  readonly cell: CellKind;
  readonly hidden: number;
  readonly layers: number;
  readonly size: 'full' | 'light' | 'auto';
}

/** Hidden units of a light member. */
export const LIGHT_HIDDEN = 32;

/** What the engine counted, since it was made or restored. Plain numbers, read by metrics. */
export interface EngineCounters {
  readings: number;
  steps: number;
  imputed: number;
  missing: number;
  retained: number;
  late: number;
  duplicates: number;
  corrected: number;
  tooLate: number;
  future: number;
  limitBreaks: number;
  counterResets: number;
  streamLimit: number;
  gapRestarts: number;
  stateRestarts: number;
  cadenceChanges: number;
  removed: number;
  weightsRefused: number;
}

export function zeroCounters(): EngineCounters {
  return {
    readings: 0,
    steps: 0,
    imputed: 0,
    missing: 0,
    retained: 0,
    late: 0,
    duplicates: 0,
    corrected: 0,
    tooLate: 0,
    future: 0,
    limitBreaks: 0,
    counterResets: 0,
    streamLimit: 0,
    gapRestarts: 0,
    stateRestarts: 0,
    cadenceChanges: 0,
    removed: 0,
    weightsRefused: 0,
  };
}
