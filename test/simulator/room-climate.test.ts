import { describe, expect, it } from 'vitest';
import { hourMs } from '../../src/simulator/device.ts';
import { createRoomClimate } from '../../src/simulator/room-climate.ts';
import { Weather } from '../../src/simulator/weather.ts';
import { mean, recordDevice, valuesWhere } from './record-device.ts';

const weather = new Weather(3);
const monday = Date.UTC(2026, 0, 12);
const office = createRoomClimate({
  seed: 3,
  id: 'office',
  offsetMs: 0,
  weather,
  use: 'office',
  volume: 85,
  airChanges: 0.8,
  dayTemperature: 21.5,
  nightTemperature: 17,
});
const living = createRoomClimate({
  seed: 3,
  id: 'living',
  offsetMs: 0,
  weather,
  use: 'living',
  volume: 70,
  airChanges: 0.55,
  dayTemperature: 21,
  nightTemperature: 18,
});

const hour = (time: number) => (time / hourMs + 1) % 24;
const weekend = (time: number) => time >= monday + 119 * hourMs;

describe('the climate of a room', () => {
  const winter = recordDevice(office, monday, 7);
  const home = recordDevice(living, monday, 7);
  const summer = recordDevice(living, Date.UTC(2026, 6, 6), 7);

  it('is heated in winter by day and allowed to cool by night', () => {
    const day = valuesWhere(
      winter,
      'temperature',
      (t) => !weekend(t) && hour(t) > 11 && hour(t) < 16,
    );
    const night = valuesWhere(winter, 'temperature', (t) => hour(t) < 5);
    expect(mean(day)).toBeGreaterThan(20);
    expect(mean(day)).toBeLessThan(22.5);
    expect(mean(night)).toBeLessThan(mean(day) - 2);
    expect(Math.min(...night)).toBeGreaterThan(14);
  });

  it('fills with carbon dioxide while people work and clears over night and weekend', () => {
    const working = valuesWhere(winter, 'co2', (t) => !weekend(t) && hour(t) > 10 && hour(t) < 17);
    const night = valuesWhere(winter, 'co2', (t) => !weekend(t) && hour(t) > 1 && hour(t) < 6);
    const free = valuesWhere(winter, 'co2', (t) => weekend(t) && hour(t) > 10 && hour(t) < 17);
    expect(mean(working)).toBeGreaterThan(700);
    expect(mean(night)).toBeLessThan(470);
    expect(mean(free)).toBeLessThan(440);
  });

  it('has a home full in the evening when the office is empty', () => {
    const evening = (t: number) => !weekend(t) && hour(t) > 19 && hour(t) < 22;
    expect(mean(valuesWhere(home, 'co2', evening))).toBeGreaterThan(
      mean(valuesWhere(winter, 'co2', evening)) + 200,
    );
  });

  it('loses carbon dioxide within minutes when a window is opened', () => {
    const co2 = home.columns['co2']!;
    const drops = co2.filter((value, i) => i >= 10 && co2[i - 10]! - value > 250).length;
    expect(drops).toBeGreaterThan(7);
  });

  it('is drier in heated winter air than in summer', () => {
    expect(mean(home.columns['humidity']!)).toBeLessThan(mean(summer.columns['humidity']!) - 10);
  });

  it('is warmer in summer than the thermostat asks for', () => {
    expect(mean(summer.columns['temperature']!)).toBeGreaterThan(22);
    expect(Math.max(...summer.columns['temperature']!)).toBeLessThan(36);
  });

  it('stays between the plausible extremes', () => {
    for (const { columns } of [winter, home, summer]) {
      expect(Math.min(...columns['humidity']!)).toBeGreaterThan(12);
      expect(Math.max(...columns['humidity']!)).toBeLessThan(98);
      expect(Math.min(...columns['co2']!)).toBeGreaterThan(390);
      expect(Math.max(...columns['co2']!)).toBeLessThan(2500);
    }
  });
});
