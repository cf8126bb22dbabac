import { hashSeed, Random } from '../numerics/random.ts';
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
import { localHour } from './local-time.ts';

/**
 * A chest freezer in a kitchen. Two thermal masses, air with lining and goods, and an evaporator
 * that follows the compressor with a lag:
 *
 *     C_air   dT_air/dt   = U (T_kitchen − T_air) + G (T_goods − T_air) + door + heater − cold
 *     C_goods dT_goods/dt = G (T_air − T_goods)
 *     τ       d cold/dt   = capacity·running − cold
 *
 * A thermostat with hysteresis runs the compressor; twice a day a timer stops it and heats the
 * evaporator; the door is opened mostly by day, most often around meals.
 */

/** What distinguishes one freezer from another. */
export interface FreezerOptions extends DeviceOptions {
  /** Thermostat, °C: the compressor starts at `on` and stops at `off`. */
  readonly on: number;
  readonly off: number;
  /** Electrical power while running, W. */
  readonly compressorPower: number;
  /** Whole hour (UTC) of the first of the two daily defrosts, 0..11. */
  readonly defrostHour: number;
  /** Door openings a day, on average. */
  readonly openingsPerDay: number;
}

const substepMs = 10 * secondMs;
const wallLoss = 1.2; // U, W/K
const goodsCoupling = 14; // G, W/K
const airHeatCapacity = 26_000; // J/K
const goodsHeatCapacity = 150_000; // J/K
const coldLagSeconds = 80;
const openDoorHeat = 750; // W
const defrostHeat = 85; // W that reach the air
const standbyPower = 1.7; // W
const hoursBetweenDefrosts = 12;
const openingsPerHourMax = 4;

/** Streams: `temperature` (air, °C) and `compressor` (its electrical power, W), once a minute. */
export function createFreezer(options: FreezerOptions): DeviceModel {
  return {
    id: options.id,
    topic: `${simulatedRoot}/${options.id}`,
    payload: 'object',
    intervalMs: minuteMs,
    offsetMs: options.offsetMs,
    // Chapters meet where a defrost begins: whatever the compressor did, it is off from there.
    chapters: { offsetMs: options.defrostHour * hourMs, burnInMs: 24 * hourMs },
    streams: [
      {
        key: 'temperature',
        unit: '°C',
        decimals: 2,
        deviation: 1,
        range: [-45, 40],
        faults: ['stuck', 'spike', 'jump', 'drift', 'gap'],
      },
      {
        key: 'compressor',
        unit: 'W',
        decimals: 2,
        deviation: options.compressorPower / 2,
        range: [0, 2000],
        faults: ['stuck', 'spike', 'jump', 'drift', 'gap'],
      },
    ],
    begin: (time) => new FreezerRun(options, time),
  };
}

class FreezerRun implements DeviceRun {
  readonly #options: FreezerOptions;
  readonly #seed: number;
  readonly #noise: HourlyRandom;
  readonly #values: number[];
  #time: number;
  #air: number;
  #goods: number;
  #cold: number;
  #running: boolean;
  #runningSeconds: number;
  #doorHour: number;
  #openings: Opening[];

  constructor(options: FreezerOptions, time: number) {
    this.#options = options;
    this.#seed = hashSeed(options.seed, options.id);
    this.#noise = new HourlyRandom(this.#seed, 'freezer');
    this.#values = [0, 0];
    this.#time = time;
    this.#air = (options.on + options.off) / 2;
    this.#goods = this.#air + 0.4;
    this.#cold = 0;
    this.#running = false;
    this.#runningSeconds = 0;
    this.#doorHour = Number.NaN;
    this.#openings = [];
  }

  advance(): void {
    for (let elapsed = 0; elapsed < minuteMs; elapsed += substepMs) this.#substep();
  }

  step(): readonly number[] {
    this.advance();
    const random = this.#noise.at(this.#time - 1);
    this.#values[0] = this.#air + 0.035 * random.gaussian();
    this.#values[1] = this.#power() + (this.#running ? 0.5 : 0.05) * random.gaussian();
    return this.#values;
  }

  #substep(): void {
    const seconds = substepMs / secondMs;
    const defrosting = this.#defrosts();
    const kitchen = 20.5 + 1.4 * Math.cos((2 * Math.PI * (localHour(this.#time) - 18)) / 24);
    const fromGoods = goodsCoupling * (this.#goods - this.#air);
    let heat = wallLoss * (kitchen - this.#air) + fromGoods - this.#cold;
    if (this.#doorIsOpen()) heat += openDoorHeat;
    if (defrosting) heat += defrostHeat;
    const capacity = this.#running ? 118 * (1 + 0.012 * (this.#air + 18)) : 0;
    this.#cold += (seconds / coldLagSeconds) * (capacity - this.#cold);
    this.#air += (seconds / airHeatCapacity) * heat;
    this.#goods -= (seconds / goodsHeatCapacity) * fromGoods;
    this.#time += substepMs;
    this.#switch(defrosting, seconds);
  }

  #switch(defrosting: boolean, seconds: number): void {
    const wasRunning = this.#running;
    if (defrosting || this.#air <= this.#options.off) this.#running = false;
    else if (this.#air >= this.#options.on) this.#running = true;
    this.#runningSeconds = wasRunning && this.#running ? this.#runningSeconds + seconds : 0;
  }

  #power(): number {
    if (!this.#running) return standbyPower;
    // The motor starts against full pressure and settles; a warmer evaporator means more work.
    const starting = 1 + 0.3 * Math.exp(-this.#runningSeconds / 120);
    return this.#options.compressorPower * starting * (1 + 0.012 * (this.#air + 18));
  }

  #defrosts(): boolean {
    const hours = this.#time / hourMs - this.#options.defrostHour;
    const count = Math.floor(hours / hoursBetweenDefrosts);
    const minutes = (hours - count * hoursBetweenDefrosts) * 60;
    if (minutes >= 24) return false;
    const random = new Random(hashSeed(this.#seed, `defrost/${count}`));
    return minutes < 18 + 6 * random.uniform();
  }

  #doorIsOpen(): boolean {
    const hour = Math.floor(this.#time / hourMs);
    if (hour !== this.#doorHour) {
      this.#doorHour = hour;
      this.#openings = openingsOf(this.#seed, hour, this.#options.openingsPerDay);
    }
    return this.#openings.some((door) => this.#time >= door.from && this.#time < door.to);
  }
}

interface Opening {
  readonly from: number;
  readonly to: number;
}

/** The door openings of one hour since 1970; each ends within it. */
function openingsOf(seed: number, hour: number, perDay: number): Opening[] {
  const random = new Random(hashSeed(seed, `door/${hour}`));
  const expected = perDay * doorWeight(localHour(hour * hourMs));
  const openings: Opening[] = [];
  for (let index = 0; index < openingsPerHourMax; index++) {
    const happens = random.uniform() < expected / openingsPerHourMax;
    const lengthMs = (15 + 40 * random.uniform()) * secondMs;
    const from = hour * hourMs + random.uniform() * (hourMs - lengthMs);
    if (happens) openings.push({ from, to: from + lengthMs });
  }
  return openings;
}

/** Share of the day's door openings that fall into a local hour; the day adds up to about 1. */
function doorWeight(hour: number): number {
  if (hour < 6 || hour >= 23) return 0.004;
  const meal = (centre: number) => Math.exp(-(((hour + 0.5 - centre) / 1.1) ** 2));
  return 0.025 + 0.1 * meal(12.3) + 0.14 * meal(18.4) + 0.05 * meal(7.5);
}
