import type { DeviceModel } from './device.ts';
import { createFreezer } from './freezer.ts';
import { createHouseholdMeter } from './household-meter.ts';
import { createPump } from './pump.ts';
import { createRoomClimate } from './room-climate.ts';
import { createSolarRoof } from './solar-roof.ts';
import { Weather } from './weather.ts';

/** The fleet of the demonstration: seven devices with fifteen streams under one sky. */
export function defaultDevices(seed: number): DeviceModel[] {
  const weather = new Weather(seed);
  return [
    createFreezer({
      seed,
      id: 'freezer-1',
      offsetMs: 2_000,
      on: -17,
      off: -19.5,
      compressorPower: 78,
      defrostHour: 2,
      openingsPerDay: 9,
    }),
    createFreezer({
      seed,
      id: 'freezer-2',
      offsetMs: 9_000,
      on: -19.2,
      off: -21.4,
      compressorPower: 92,
      defrostHour: 5,
      openingsPerDay: 4,
    }),
    createRoomClimate({
      seed,
      id: 'living-room',
      offsetMs: 17_000,
      weather,
      use: 'living',
      volume: 70,
      airChanges: 0.55,
      dayTemperature: 21,
      nightTemperature: 18,
    }),
    createRoomClimate({
      seed,
      id: 'office',
      offsetMs: 26_000,
      weather,
      use: 'office',
      volume: 85,
      airChanges: 0.8,
      dayTemperature: 21.5,
      nightTemperature: 17,
    }),
    createSolarRoof({
      seed,
      id: 'solar-roof',
      offsetMs: 34_000,
      weather,
      ratedPower: 6_200,
      inverterPower: 5_000,
      tilt: 32,
    }),
    createPump({
      seed,
      id: 'pump-1',
      offsetMs: 5_000,
      workingPressure: 5.8,
      batchMinutes: 24,
    }),
    createHouseholdMeter({ seed, id: 'house-meter', offsetMs: 43_000 }),
  ];
}
