import type { Reading } from '../stream/reading.ts';

/**
 * Everything that can change the engine's state. The engine is a fold over these:
 * `state' = apply(state, event)`; time, randomness and I/O enter as values in them.
 */
export type EngineEvent = ReadingsEvent | TickEvent | WeightsEvent | CheckpointEvent | RemoveEvent;

/** Readings that arrived together, in order of arrival. */
export interface ReadingsEvent {
  readonly kind: 'readings';
  /** Time of arrival, whole milliseconds since 1970. */
  readonly arrivedAt: number;
  readonly readings: readonly Reading[];
}

/** The clock moved on; carries staleness and idle expiry. */
interface TickEvent {
  readonly kind: 'tick';
  readonly at: number;
}

/** New weights of one model group, swapped in between two batches; h and c are kept. */
export interface WeightsEvent {
  readonly kind: 'weights';
  readonly group: string;
  readonly version: number;
  /** CRC-32C of the weights' bytes, hexadecimal: names them beside the journal. */
  readonly digest: string;
  readonly weights: Float32Array;
  readonly reason: 'published' | 'rollback' | 'diverged';
  /** Training loss over the updates behind this version; null when unknown. */
  readonly loss: number | null;
  /** Time spent training since the version before. */
  readonly seconds: number | null;
}

/** The live weights of a group have passed the promotion test: they are the last good ones now. */
interface CheckpointEvent {
  readonly kind: 'checkpoint';
  readonly group: string;
  readonly version: number;
  readonly loss: number;
}

/** A stream is taken out, by a person or because it expired. */
interface RemoveEvent {
  readonly kind: 'remove';
  readonly stream: string;
  readonly reason: 'deleted' | 'expired';
}
