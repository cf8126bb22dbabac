import { hashSeed } from '../numerics/random.ts';
import { type Draw, drawsOf } from './appliances.ts';
import {
  type DeviceModel,
  type DeviceOptions,
  type DeviceRun,
  hourMs,
  minuteMs,
  secondMs,
  simulatedRoot,
} from './device.ts';
import { HourlyRandom } from './hourly-random.ts';
import { localDay } from './local-time.ts';

/**
 * A household's electricity meter. Every load is a constant draw, so the energy used up to any
 * moment is a sum, not an integral: base load and refrigerator in closed form, appliances day by
 * day since the meter was mounted. The counter therefore says the same at a time whoever asks, and
 * power is what it advanced in the last minute.
 */

const mountedDay = 18_262; // the first of January 2020
const mountedReading = 10_482; // kWh, the previous tenants'
const wattHour = 3600 * secondMs; // in W·ms
const basePower = 92; // W
const refrigeratorPower = 88; // W
const refrigeratorCycleMs = 41 * minuteMs;
const refrigeratorRunMs = 15 * minuteMs;

/** Streams: `power` (mean of the last minute, W) and `energy` (counter, kWh), once a minute. */
export function createHouseholdMeter(options: DeviceOptions): DeviceModel {
  return {
    id: options.id,
    topic: `${simulatedRoot}/${options.id}`,
    payload: 'object',
    intervalMs: minuteMs,
    offsetMs: options.offsetMs,
    chapters: null,
    streams: [
      {
        key: 'power',
        unit: 'W',
        decimals: 1,
        deviation: 450,
        range: [0, 25_000],
        faults: ['stuck', 'spike', 'jump', 'drift', 'gap'],
      },
      {
        key: 'energy',
        unit: 'kWh',
        decimals: 4,
        // A counter has no level to deviate from: a fault is sized by a few hours' use.
        deviation: 1.5,
        range: [0, 1_000_000],
        faults: ['stuck', 'spike', 'jump', 'gap'],
      },
    ],
    begin: (time) => new MeterRun(options, time),
  };
}

class MeterRun implements DeviceRun {
  readonly #seed: number;
  readonly #noise: HourlyRandom;
  readonly #values: number[];
  #time: number;
  #day: number;
  /** Draws of this day and the one before, which may reach into it. */
  #yesterday: readonly Draw[];
  #today: readonly Draw[];
  /** Energy of all appliances up to the day before yesterday, Wh. */
  #settled: number;
  #energy: number;
  /** Energy at the measurement before, Wh. */
  #before: number;

  constructor(options: DeviceOptions, time: number) {
    this.#seed = hashSeed(options.seed, options.id);
    this.#noise = new HourlyRandom(this.#seed, 'meter');
    this.#values = [0, 0];
    this.#time = time;
    this.#day = localDay(time);
    this.#yesterday = drawsOf(this.#seed, this.#day - 1);
    this.#today = drawsOf(this.#seed, this.#day);
    this.#settled = this.#settle();
    this.#energy = this.#total();
    this.#before = this.#energy;
  }

  advance(): void {
    this.#time += minuteMs;
    if (localDay(this.#time) !== this.#day) this.#turnDay();
    this.#before = this.#energy;
    this.#energy = this.#total();
  }

  step(): readonly number[] {
    this.advance();
    const power = (this.#energy - this.#before) * (hourMs / minuteMs);
    const random = this.#noise.at(this.#time - 1);
    const error = 1.5 * random.gaussian() + 0.004 * power * random.gaussian();
    this.#values[0] = Math.max(0, power + error);
    this.#values[1] = mountedReading + this.#energy / 1000;
    return this.#values;
  }

  #turnDay(): void {
    this.#settled += energyOf(this.#yesterday);
    this.#day += 1;
    this.#yesterday = this.#today;
    this.#today = drawsOf(this.#seed, this.#day);
  }

  /** Energy since mounting, Wh; negative before it. */
  #total(): number {
    const since = this.#time - mountedDay * 24 * hourMs;
    let energy = this.#settled + (basePower * since) / wattHour + refrigeratorEnergy(since);
    for (const draw of this.#yesterday) energy += energyUntil(draw, this.#time);
    for (const draw of this.#today) energy += energyUntil(draw, this.#time);
    return energy;
  }

  #settle(): number {
    let energy = 0;
    for (let day = mountedDay; day < this.#day - 1; day++) {
      energy += energyOf(drawsOf(this.#seed, day));
    }
    for (let day = this.#day - 1; day < mountedDay; day++) {
      energy -= energyOf(drawsOf(this.#seed, day));
    }
    return energy;
  }
}

function energyOf(draws: readonly Draw[]): number {
  let energy = 0;
  for (const draw of draws) energy += (draw.power * (draw.to - draw.from)) / wattHour;
  return energy;
}

function energyUntil(draw: Draw, time: number): number {
  if (time <= draw.from) return 0;
  return (draw.power * (Math.min(time, draw.to) - draw.from)) / wattHour;
}

/** Wh of a compressor that runs at the beginning of each cycle, `since` ms after mounting. */
function refrigeratorEnergy(since: number): number {
  const cycles = Math.floor(since / refrigeratorCycleMs);
  const inCycle = Math.min(since - cycles * refrigeratorCycleMs, refrigeratorRunMs);
  return (refrigeratorPower * (cycles * refrigeratorRunMs + inCycle)) / wattHour;
}
