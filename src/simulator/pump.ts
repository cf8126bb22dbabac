import { hashSeed, Random } from '../numerics/random.ts';
import {
  type DeviceModel,
  type DeviceOptions,
  type DeviceRun,
  dayMs,
  hourMs,
  minuteMs,
  secondMs,
  simulatedRoot,
} from './device.ts';
import { HourlyRandom } from './hourly-random.ts';
import { localDay, localDayStart, localWeekday } from './local-time.ts';

/**
 * A process pump that fills batches: two shifts from Monday to Friday, one on Saturday, and a few
 * minutes of circulation every two hours otherwise. Pressure follows the pump with a lag; vibration
 * is the motor's, more at start-up, more under load, and grows as the bearing wears between two
 * overhauls.
 */

/** What distinguishes one pump from another. */
export interface PumpOptions extends DeviceOptions {
  /** Pressure while filling, bar. */
  readonly workingPressure: number;
  /** Time between the starts of two batches, whole minutes. */
  readonly batchMinutes: number;
}

const stepMs = 20 * secondMs;
const staticPressure = 1.2; // bar, the column above the stopped pump
const pressureRiseSeconds = 22;
const pressureFallSeconds = 45;
const runningVibration = 2.1; // mm/s RMS, new bearing
const stillVibration = 0.11; // mm/s RMS, from neighbouring machines
const startUpVibration = 1.4; // mm/s RMS more in the first seconds
const wearVibration = 0.7; // mm/s RMS more just before an overhaul
const overhaulMs = 90 * dayMs;
const circulationMinutes = 120;

/** Streams: `vibration` (mm/s RMS) and `pressure` (bar), three times a minute. */
export function createPump(options: PumpOptions): DeviceModel {
  const faults = ['stuck', 'spike', 'jump', 'drift', 'gap'] as const;
  return {
    id: options.id,
    topic: `${simulatedRoot}/${options.id}`,
    payload: 'object',
    intervalMs: stepMs,
    offsetMs: options.offsetMs,
    chapters: { offsetMs: 0, burnInMs: hourMs },
    streams: [
      { key: 'vibration', unit: 'mm/s', decimals: 3, deviation: 1, range: [0, 50], faults },
      { key: 'pressure', unit: 'bar', decimals: 3, deviation: 2, range: [0, 40], faults },
    ],
    begin: (time) => new PumpRun(options, time),
  };
}

class PumpRun implements DeviceRun {
  readonly #options: PumpOptions;
  readonly #seed: number;
  readonly #noise: HourlyRandom;
  readonly #values: number[];
  #time: number;
  #pressure: number;
  #runningSeconds: number;
  #slot: number;
  #batch: Batch | null;

  constructor(options: PumpOptions, time: number) {
    this.#options = options;
    this.#seed = hashSeed(options.seed, options.id);
    this.#noise = new HourlyRandom(this.#seed, 'pump');
    this.#values = [0, 0];
    this.#time = time;
    this.#pressure = staticPressure;
    this.#runningSeconds = 0;
    this.#slot = Number.NaN;
    this.#batch = null;
  }

  advance(): void {
    this.#time += stepMs;
    const load = this.#load();
    const seconds = stepMs / secondMs;
    this.#runningSeconds = load > 0 ? this.#runningSeconds + seconds : 0;
    const target = load > 0 ? this.#options.workingPressure * load : staticPressure;
    const lag = target > this.#pressure ? pressureRiseSeconds : pressureFallSeconds;
    this.#pressure += (1 - Math.exp(-seconds / lag)) * (target - this.#pressure);
  }

  step(): readonly number[] {
    this.advance();
    const load = this.#load();
    const random = this.#noise.at(this.#time - 1);
    const ripple = load > 0 ? 0.04 : 0.008;
    this.#values[0] = this.#vibration(load, random);
    this.#values[1] = this.#pressure + ripple * random.gaussian();
    return this.#values;
  }

  #vibration(load: number, random: Random): number {
    const deviate = random.gaussian();
    if (load === 0) return stillVibration * Math.exp(0.07 * deviate);
    const wear = (this.#time / overhaulMs) % 1;
    const level =
      runningVibration * (0.4 + 0.6 * load) +
      wearVibration * wear ** 2 +
      startUpVibration * Math.exp(-this.#runningSeconds / 25);
    return level * Math.exp((0.03 + 0.02 * wear) * deviate);
  }

  /** Share of the working pressure that the batch under way asks for; 0: the pump stands. */
  #load(): number {
    const slot = Math.floor(this.#time / (this.#options.batchMinutes * minuteMs));
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#batch = batchOf(this.#seed, slot, this.#options.batchMinutes);
    }
    const batch = this.#batch;
    return batch !== null && this.#time >= batch.from && this.#time < batch.to ? batch.load : 0;
  }
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly load: number;
}

/** The batch of a slot of `minutes` since 1970, all within the slot; null when the pump rests. */
function batchOf(seed: number, slot: number, minutes: number): Batch | null {
  const start = slot * minutes * minuteMs;
  const random = new Random(hashSeed(seed, `batch/${slot}`));
  const delay = (0.5 + random.uniform()) * minuteMs;
  if (isShift(start)) {
    const length = (0.62 + 0.08 * random.uniform()) * minutes * minuteMs;
    const load = 1 + 0.025 * Math.max(-2, Math.min(2, random.gaussian()));
    return { from: start + delay, to: start + delay + length, load };
  }
  const slots = Math.round(circulationMinutes / minutes);
  if (slot % slots !== 0) return null;
  return { from: start + delay, to: start + delay + 4 * minuteMs, load: 0.6 };
}

/** Whether production runs: 6–22 h from Monday to Friday, 6–14 h on Saturday. */
function isShift(time: number): boolean {
  const day = localDay(time);
  const weekday = localWeekday(day);
  const hour = (time - localDayStart(day)) / hourMs;
  if (weekday === 6 || hour < 6) return false;
  return hour < (weekday === 5 ? 14 : 22);
}
