import { hashSeed, Random } from '../numerics/random.ts';
import { type DeviceStream, dayMs, type FaultKind, hourMs, minuteMs } from './device.ts';
import { localDay, localDayStart } from './local-time.ts';

/**
 * When and how simulated sensors fail. Absolute time is cut into windows of four days; each stream
 * has one fault in each, drawn from seed, stream and window, which begins and ends within it:
 *
 *     ├──────────── window, 4 days ────────────┤
 *     │   begins in the first 2.9 days │       │   longest fault: a day
 *
 * Faults of one stream therefore never overlap, and any window can be asked for alone.
 */

const windowMs = 4 * dayMs;
const beginWithinMs = 2.9 * dayMs;
/** No fault begins earlier than this after the fleet's origin. */
const quietMs = 2 * dayMs;

/** A fault, as it is written down for those who are to find it. */
export interface FaultLabel {
  /** Stream id. */
  readonly stream: string;
  readonly kind: FaultKind;
  /** Times of the first and the last reading concerned; of a gap, those that are missing. */
  readonly from: number;
  readonly to: number;
  /**
   * In the stream's unit: what is added to a spike or jump, or to the last reading of a drift,
   * which grows evenly from 0. For `stuck` and `gap`, 0.
   */
  readonly magnitude: number;
}

/** A sensor that can fail: what it measures and when it reads. */
export interface FaultySensor {
  /** Stream id. */
  readonly id: string;
  readonly stream: DeviceStream;
  readonly intervalMs: number;
  readonly offsetMs: number;
}

/** The faults of one sensor, a function of seed and time. */
export class FaultSchedule {
  readonly #seed: number;
  readonly #sensor: FaultySensor;
  readonly #quietUntil: number;
  #window: number;
  #label: FaultLabel | null;

  /** No fault begins in the two days after `origin`. */
  constructor(seed: number, sensor: FaultySensor, origin: number) {
    this.#seed = hashSeed(seed, `faults/${sensor.id}`);
    this.#sensor = sensor;
    this.#quietUntil = origin + quietMs;
    this.#window = Number.NaN;
    this.#label = null;
  }

  /** The fault that a reading at `time` falls into. */
  at(time: number): FaultLabel | null {
    const window = Math.floor(time / windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#label = this.#labelOf(window);
    }
    const label = this.#label;
    return label !== null && time >= label.from && time <= label.to ? label : null;
  }

  /** All faults with a reading in [from, to], ascending in time. */
  between(from: number, to: number): FaultLabel[] {
    const labels: FaultLabel[] = [];
    for (let window = Math.floor(from / windowMs); window * windowMs <= to; window++) {
      const label = this.#labelOf(window);
      if (label !== null && label.from <= to && label.to >= from) labels.push(label);
    }
    return labels;
  }

  #labelOf(window: number): FaultLabel | null {
    const { id, stream, intervalMs, offsetMs } = this.#sensor;
    if (stream.faults.length === 0) return null;
    const random = new Random(hashSeed(this.#seed, String(window)));
    const kind = stream.faults[random.integer(stream.faults.length)]!;
    const begin = beginOf(random, window, stream);
    const steps = Math.ceil((begin - offsetMs) / intervalMs);
    const from = steps * intervalMs + offsetMs;
    if (from < this.#quietUntil) return null;
    const length = Math.floor(lengthOf(random, kind, stream, intervalMs) / intervalMs);
    const magnitude = magnitudeOf(random, kind, stream);
    return { stream: id, kind, from, to: from + length * intervalMs, magnitude };
  }
}

/**
 * What a failing sensor reports: `healthy` is what it should have said, `held` what a healthy one
 * said when the fault began. Null: it is silent.
 */
export function faultyValue(
  label: FaultLabel,
  reading: { time: number; healthy: number; held: number },
): number | null {
  switch (label.kind) {
    case 'gap':
      return null;
    case 'stuck':
      return reading.held;
    case 'drift':
      return (
        reading.healthy + (label.magnitude * (reading.time - label.from)) / (label.to - label.from)
      );
    default:
      return reading.healthy + label.magnitude;
  }
}

function beginOf(random: Random, window: number, stream: DeviceStream): number {
  const begin = window * windowMs + random.uniform() * beginWithinMs;
  if (stream.faultHours === undefined) return begin;
  const [first, last] = stream.faultHours;
  const hour = first + (last - first) * random.uniform();
  // The local day after the window's begin starts in it, and so lies in it as a whole.
  const day = Math.max(localDay(begin), localDay(window * windowMs) + 1);
  return localDayStart(day) + hour * hourMs;
}

/** Time from the first to the last reading concerned, ms. */
function lengthOf(
  random: Random,
  kind: FaultKind,
  stream: DeviceStream,
  intervalMs: number,
): number {
  const between = (least: number, most: number) => least + (most - least) * random.uniform();
  switch (kind) {
    case 'spike':
      return random.integer(3) * intervalMs;
    case 'gap':
      return between(10 * minuteMs, 3 * hourMs);
    case 'stuck':
      // Where faults keep to certain hours, the value must still be moving when this one ends.
      return stream.faultHours
        ? between(1 * hourMs, 2.5 * hourMs)
        : between(2 * hourMs, 8 * hourMs);
    case 'jump':
      return between(2 * hourMs, 10 * hourMs);
    case 'drift':
      return between(12 * hourMs, 22 * hourMs);
  }
}

function magnitudeOf(random: Random, kind: FaultKind, stream: DeviceStream): number {
  const size = random.uniform();
  // A quantity that cannot be negative and rests near 0 has no room below.
  const sign = stream.range[0] === 0 || random.uniform() < 0.5 ? 1 : -1;
  switch (kind) {
    case 'spike':
      return sign * (10 + 6 * size) * stream.deviation;
    case 'jump':
      return sign * (4 + 3 * size) * stream.deviation;
    case 'drift':
      return sign * (5 + 2 * size) * stream.deviation;
    default:
      return 0;
  }
}
