import { hashSeed } from '../numerics/random.ts';
import { dayMs, hourMs, minuteMs } from './device.ts';
import { localHour, yearPhase } from './local-time.ts';
import { SmoothNoise } from './smooth-noise.ts';

/**
 * The weather around the house: fronts over days, the day's warmth, cloud cover over hours and
 * single clouds over minutes. Everything is a function of seed and time, so rooms and the solar
 * roof see the same sky.
 */
export class Weather {
  readonly #fronts: SmoothNoise;
  readonly #gusts: SmoothNoise;
  readonly #moisture: SmoothNoise;
  readonly #coverSlow: SmoothNoise;
  readonly #coverFast: SmoothNoise;
  readonly #patches: SmoothNoise;
  readonly #edges: SmoothNoise;
  /** The last answers: one moment is asked for several times. */
  #coverTime: number;
  #cover: number;
  #airTime: number;
  #air: number;

  constructor(seed: number) {
    const own = hashSeed(seed, 'weather');
    this.#fronts = new SmoothNoise(own, 'fronts', 2.5 * dayMs);
    this.#gusts = new SmoothNoise(own, 'gusts', 2 * hourMs);
    this.#moisture = new SmoothNoise(own, 'moisture', 1.5 * dayMs);
    this.#coverSlow = new SmoothNoise(own, 'cover', 28 * hourMs);
    this.#coverFast = new SmoothNoise(own, 'cover-fast', 5 * hourMs);
    this.#patches = new SmoothNoise(own, 'patches', 9 * minuteMs);
    this.#edges = new SmoothNoise(own, 'edges', 2 * minuteMs);
    this.#coverTime = Number.NaN;
    this.#cover = 0;
    this.#airTime = Number.NaN;
    this.#air = 0;
  }

  /** Share of the sky that is covered, 0..1. */
  cloudCover(time: number): number {
    if (time !== this.#coverTime) {
      const raw = 2.4 * this.#coverSlow.at(time) + 1.1 * this.#coverFast.at(time);
      this.#cover = 1 / (1 + Math.exp(-raw - 0.1));
      this.#coverTime = time;
    }
    return this.#cover;
  }

  /** Share of the clear-sky beam that comes through, 0.05..1; single clouds pass in minutes. */
  beamTransmission(time: number): number {
    const cover = this.cloudCover(time);
    const patch = this.#patches.at(time) + 0.3 * this.#edges.at(time);
    const shade = 1 / (1 + Math.exp(-5 * (patch + 5 * (cover - 0.5))));
    return 1 - shade * (0.5 + 0.45 * cover);
  }

  /** Outdoor air, °C. */
  temperature(time: number): number {
    if (time !== this.#airTime) {
      const year = -Math.cos(2 * Math.PI * (yearPhase(time) - 20 / 365));
      const day = Math.cos((2 * Math.PI * (localHour(time) - 15)) / 24);
      const swing = (2.2 + 1.6 * (1 + year)) * (1.25 - 0.8 * this.cloudCover(time));
      const noise = 3.2 * this.#fronts.at(time) + 0.4 * this.#gusts.at(time);
      this.#air = 9.5 + 9.8 * year + noise + swing * day;
      this.#airTime = time;
    }
    return this.#air;
  }

  /** Water in outdoor air, g/m³; never more than the air can hold. */
  vapour(time: number): number {
    const temperature = this.temperature(time);
    const dewPoint = temperature - 1.5 - 3 * (1 - this.cloudCover(time));
    const shift = 1 + 0.06 * this.#moisture.at(time);
    return Math.min(saturation(dewPoint) * shift, saturation(temperature));
  }
}

/** Water that air of a temperature (°C) can hold, g/m³; Magnus' formula over water. */
export function saturation(temperature: number): number {
  const pressure = 611.2 * Math.exp((17.62 * temperature) / (243.12 + temperature));
  return (pressure / (461.5 * (temperature + 273.15))) * 1000;
}
