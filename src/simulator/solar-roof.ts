import { hashSeed } from '../numerics/random.ts';
import {
  type DeviceModel,
  type DeviceOptions,
  type DeviceRun,
  minuteMs,
  simulatedRoot,
} from './device.ts';
import { HourlyRandom } from './hourly-random.ts';
import { clearBeam, sunVector } from './sun.ts';
import type { Weather } from './weather.ts';

/**
 * A solar roof: beam and diffuse light on a tilted plane, cells that lose power as they warm, and
 * an inverter that starts late, clips at its rating and reports 0 by night.
 */

/** What distinguishes one roof from another. */
export interface SolarRoofOptions extends DeviceOptions {
  readonly weather: Weather;
  /** Rated power of the modules at 1,000 W/m² and 25 °C, W. */
  readonly ratedPower: number;
  /** Most that the inverter delivers, W. */
  readonly inverterPower: number;
  /** Degrees from the horizontal; the roof faces south-south-west. */
  readonly tilt: number;
}

const azimuthDegrees = 20; // west of south
const heatingPerIrradiance = 0.031; // K of the cells per W/m²
const lossPerKelvin = 0.004;
const systemEfficiency = 0.87;
const startPower = 15; // W the inverter needs before it starts

/** Stream: `power` (fed into the house, W), once a minute. */
export function createSolarRoof(options: SolarRoofOptions): DeviceModel {
  return {
    id: options.id,
    topic: `${simulatedRoot}/${options.id}`,
    payload: 'value',
    intervalMs: minuteMs,
    offsetMs: options.offsetMs,
    chapters: null,
    streams: [
      {
        key: 'power',
        unit: 'W',
        decimals: 1,
        deviation: options.ratedPower / 5,
        range: [0, 4 * options.ratedPower],
        faults: ['stuck', 'spike', 'jump', 'drift', 'gap'],
        // By night a stuck sensor and a healthy one both say 0.
        faultHours: [10, 12],
      },
    ],
    begin: (time) => beginSolarRoof(options, time),
  };
}

function beginSolarRoof(options: SolarRoofOptions, start: number): DeviceRun {
  const noise = new HourlyRandom(hashSeed(options.seed, options.id), 'solar');
  const values = [0];
  let time = start;
  return {
    advance() {
      time += minuteMs;
    },
    step() {
      this.advance();
      const power = inverterOutput(options, time);
      const error = 1 + 0.004 * noise.at(time - 1).gaussian();
      values[0] = power * error;
      return values;
    },
  };
}

/** Power without measurement noise, W. */
function inverterOutput(options: SolarRoofOptions, time: number): number {
  const sun = sunVector(time);
  const clear = clearBeam(sun);
  if (clear === 0) return 0;
  const tilt = (options.tilt * Math.PI) / 180;
  const azimuth = (azimuthDegrees * Math.PI) / 180;
  const facing = sun.south * Math.cos(azimuth) + sun.west * Math.sin(azimuth);
  const incidence = Math.max(0, sun.up * Math.cos(tilt) + facing * Math.sin(tilt));
  const transmission = options.weather.beamTransmission(time);
  const beam = clear * transmission * incidence;
  // What clouds take from the beam they partly hand on from all sides.
  const diffuse = clear * sun.up * (0.1 + 0.22 * (1 - transmission));
  const irradiance = beam + diffuse * 0.5 * (1 + Math.cos(tilt));
  const cells = options.weather.temperature(time) + heatingPerIrradiance * irradiance;
  const derating = 1 - lossPerKelvin * (cells - 25);
  const power = options.ratedPower * (irradiance / 1000) * derating * systemEfficiency;
  return power < startPower ? 0 : Math.min(power, options.inverterPower);
}
