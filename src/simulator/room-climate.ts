import { hashSeed } from '../numerics/random.ts';
import {
  type DeviceModel,
  type DeviceOptions,
  type DeviceRun,
  hourMs,
  minuteMs,
  simulatedRoot,
} from './device.ts';
import { HourlyRandom } from './hourly-random.ts';
import { localDay, localHour, localWeekday } from './local-time.ts';
import { Occupancy, type RoomActivity, type RoomUse } from './occupancy.ts';
import { clearBeam, sunVector } from './sun.ts';
import { saturation, type Weather } from './weather.ts';

/**
 * The air of one room: heat, water and carbon dioxide, each a balance of what people, radiator,
 * sun, window and weather bring and take.
 *
 *     C_air  dT/dt      = A (T_wall − T) + (B + ventilation) (T_out − T) + radiator + sun + people
 *     C_wall dT_wall/dt = A (T − T_wall) + D (T_out − T_wall)
 *     dw/dt = n (w_out − w) + k (w_things − w) + sources / V      n: air changes per hour
 *     dw_things/dt = (w − w_things) / τ
 *     dc/dt = n (420 ppm − c) + breath / V
 */

/** What distinguishes one room from another. */
export interface RoomOptions extends DeviceOptions {
  readonly weather: Weather;
  readonly use: RoomUse;
  /** Cubic metres. */
  readonly volume: number;
  /** Air changes per hour with the window shut. */
  readonly airChanges: number;
  /** Thermostat by day and by night, °C. */
  readonly dayTemperature: number;
  readonly nightTemperature: number;
}

const airHeatCapacity = 700_000; // J/K, with furniture
const wallHeatCapacity = 2_500_000; // J/K, the layer that takes part in a day
const wallCoupling = 130; // A, W/K
const glassLoss = 14; // B, W/K
const wallLoss = 16; // D, W/K
const airHeat = 1210; // J/(m³ K)
const openWindowChanges = 7; // per hour
const radiatorPowerMax = 2200; // W
const radiatorLagHours = 0.3;
const sunGain = 0.6; // W per W/m² of beam, through the window
const personHeat = 85; // W
const personWater = 50; // g/h
const cookingWater = 450; // g/h
const waterCoupling = 1.2; // k, per hour: walls, wood and cloth take up and give back water
const waterLagHours = 5; // τ
const personBreath = 18_000; // cm³ of carbon dioxide per hour
const outdoorCarbonDioxide = 420; // ppm

/** Streams: `temperature` (°C), `humidity` (relative, %) and `co2` (ppm), once a minute. */
export function createRoomClimate(options: RoomOptions): DeviceModel {
  const faults = ['stuck', 'spike', 'jump', 'drift', 'gap'] as const;
  return {
    id: options.id,
    topic: `${simulatedRoot}/${options.id}`,
    payload: 'object',
    intervalMs: minuteMs,
    offsetMs: options.offsetMs,
    chapters: { offsetMs: 2 * hourMs, burnInMs: 96 * hourMs },
    streams: [
      { key: 'temperature', unit: '°C', decimals: 2, deviation: 1.5, range: [-40, 85], faults },
      { key: 'humidity', unit: '%', decimals: 1, deviation: 7, range: [0, 100], faults },
      { key: 'co2', unit: 'ppm', decimals: 0, deviation: 220, range: [0, 10_000], faults },
    ],
    begin: (time) => new RoomRun(options, time),
  };
}

class RoomRun implements DeviceRun {
  readonly #options: RoomOptions;
  readonly #occupancy: Occupancy;
  readonly #noise: HourlyRandom;
  readonly #values: number[];
  #time: number;
  #air: number;
  #wall: number;
  #radiator: number;
  #water: number;
  #waterInThings: number;
  #carbonDioxide: number;

  constructor(options: RoomOptions, time: number) {
    const seed = hashSeed(options.seed, options.id);
    const outdoor = meanOutdoor(options.weather, time);
    this.#options = options;
    this.#occupancy = new Occupancy(seed, options.use);
    this.#noise = new HourlyRandom(seed, 'room');
    this.#values = [0, 0, 0];
    this.#time = time;
    this.#air = Math.max(options.nightTemperature, outdoor + 5);
    this.#wall = this.#air - 0.1 * (this.#air - outdoor);
    this.#radiator = 0;
    this.#water = options.weather.vapour(time) + 1.5;
    this.#waterInThings = this.#water;
    this.#carbonDioxide = 500;
  }

  step(): readonly number[] {
    this.advance();
    const random = this.#noise.at(this.#time - 1);
    const humidity = (100 * this.#water) / saturation(this.#air);
    this.#values[0] = this.#air + 0.03 * random.gaussian();
    this.#values[1] = Math.min(humidity, 99) + 0.25 * random.gaussian();
    this.#values[2] = this.#carbonDioxide + 5 * random.gaussian();
    return this.#values;
  }

  advance(): void {
    const hours = minuteMs / hourMs;
    const { weather, volume } = this.#options;
    const activity = this.#occupancy.at(this.#time);
    const outdoor = weather.temperature(this.#time);
    const changes = this.#airChanges(activity, outdoor);
    const water = activity.persons * personWater + (activity.cooking ? cookingWater : 0);
    const fromThings = waterCoupling * (this.#waterInThings - this.#water);
    const fromOutside = changes * (weather.vapour(this.#time) - this.#water);
    this.#water += hours * (fromOutside + fromThings + water / volume);
    this.#waterInThings += (hours / waterLagHours) * (this.#water - this.#waterInThings);
    this.#water = Math.min(this.#water, saturation(this.#air));
    this.#carbonDioxide +=
      hours *
      (changes * (outdoorCarbonDioxide - this.#carbonDioxide) +
        (activity.persons * personBreath) / volume);
    this.#heat(activity, outdoor, changes);
    this.#time += minuteMs;
  }

  #heat(activity: RoomActivity, outdoor: number, changes: number): void {
    const seconds = minuteMs / 1000;
    const wanted = 900 * (this.#setPoint() - this.#air);
    const radiator = Math.min(Math.max(wanted, 0), radiatorPowerMax);
    this.#radiator += (seconds / 3600 / radiatorLagHours) * (radiator - this.#radiator);
    const ventilation = (changes / 3600) * this.#options.volume * airHeat;
    const toWall = wallCoupling * (this.#air - this.#wall);
    const gain = this.#sun() + this.#radiator + activity.persons * personHeat;
    const loss = (glassLoss + ventilation) * (this.#air - outdoor) + toWall;
    this.#air += (seconds / airHeatCapacity) * (gain - loss);
    this.#wall += (seconds / wallHeatCapacity) * (toWall - wallLoss * (this.#wall - outdoor));
  }

  #sun(): number {
    const beam = clearBeam(sunVector(this.#time));
    return beam === 0 ? 0 : sunGain * beam * this.#options.weather.beamTransmission(this.#time);
  }

  #airChanges(activity: RoomActivity, outdoor: number): number {
    if (activity.windowOpen) return openWindowChanges;
    // On warm days people tilt the window as soon as it is cooler outside.
    const cooling = this.#air > 24 && outdoor < this.#air && activity.persons > 0;
    return cooling ? this.#options.airChanges + 1.5 : this.#options.airChanges;
  }

  #setPoint(): number {
    const hour = localHour(this.#time);
    const office = this.#options.use === 'office';
    const rests = office && localWeekday(localDay(this.#time)) >= 5;
    const day = office ? hour >= 6 && hour < 17 : hour >= 5.5 && hour < 22;
    return day && !rests ? this.#options.dayTemperature : this.#options.nightTemperature;
  }
}

/** Mean of the day before, °C. */
function meanOutdoor(weather: Weather, time: number): number {
  let sum = 0;
  for (let hour = 3; hour < 24; hour += 6) sum += weather.temperature(time - hour * hourMs);
  return sum / 4;
}
