/**
 * What a simulated device is: a physical model that can be begun at any hour and stepped from
 * there, and the streams it publishes. A model is immutable and knows nothing of faults, payloads
 * or the wall clock; all that changes lives in the run it begins.
 */

/** All simulated topics lie under this root, so that a later start recognises its own streams. */
export const simulatedRoot = 'demo';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The ways a simulated sensor can fail. */
export type FaultKind = 'stuck' | 'spike' | 'jump' | 'drift' | 'gap';

/** One quantity that a device measures. */
export interface DeviceStream {
  /** Last part of the stream id. */
  readonly key: string;
  readonly unit: string;
  /** Decimal places the sensor reports. */
  readonly decimals: number;
  /** Typical standard deviation of healthy values; faults are sized by it. */
  readonly deviation: number;
  /** The lowest and highest values the sensor can report, faulty or not. */
  readonly range: readonly [number, number];
  readonly faults: readonly FaultKind[];
  /** Local hours in which faults may begin; without it, any. For streams that rest by nature. */
  readonly faultHours?: readonly [number, number];
}

/** A device as physics: where it publishes, how often, and how to begin it. */
export interface DeviceModel {
  readonly id: string;
  /** `<root>/<id>`. */
  readonly topic: string;
  /** `object`: one JSON object with a key per stream; `value`: the reading itself with its unit. */
  readonly payload: 'object' | 'value';
  /** Simulated time between two measurements, a divisor of one minute. */
  readonly intervalMs: number;
  /** Messages carry the measuring time plus this, so that devices do not speak in chorus. */
  readonly offsetMs: number;
  /** How the course is cut (see `DeviceCourse`); null when a run has no memory to forget. */
  readonly chapters: Chapters | null;
  readonly streams: readonly DeviceStream[];
  /** Starts a run in a standard state at `time`, a whole hour in ms since 1970. */
  begin(time: number): DeviceRun;
}

/** Both in whole hours. */
interface Chapters {
  /** When each day the course is begun anew, ms after midnight UTC. */
  readonly offsetMs: number;
  /** How long a run needs to forget the state it was begun in. */
  readonly burnInMs: number;
}

/** A device in motion. */
export interface DeviceRun {
  /** Lives through one interval without measuring; an hour is measured as a whole or not at all. */
  advance(): void;
  /**
   * Lives through one interval and measures at its end. The array holds one value per stream,
   * unrounded and in the order of the model's `streams`; it is overwritten by the next step.
   */
  step(): readonly number[];
}

/** What every model is made from. */
export interface DeviceOptions {
  /** A safe integer; the device's id is mixed in, so that one seed serves a whole fleet. */
  readonly seed: number;
  readonly id: string;
  readonly offsetMs: number;
}
