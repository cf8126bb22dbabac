import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs } from '../../src/simulator/device.ts';
import { createSolarRoof } from '../../src/simulator/solar-roof.ts';
import { clearBeam, sunVector } from '../../src/simulator/sun.ts';
import { Weather } from '../../src/simulator/weather.ts';
import { deviation, recordDevice, valuesWhere } from './record-device.ts';

const roof = createSolarRoof({
  seed: 5,
  id: 'roof',
  offsetMs: 0,
  weather: new Weather(5),
  ratedPower: 6200,
  inverterPower: 5000,
  tilt: 32,
});
const kilowattHours = (power: readonly number[]) =>
  power.reduce((sum, value) => sum + value, 0) / 60 / 1000;

describe('the solar roof', () => {
  const summer = recordDevice(roof, Date.UTC(2026, 5, 10), 20);
  const winter = recordDevice(roof, Date.UTC(2026, 11, 10), 20);
  const sunIsUp = (time: number) => sunVector(time).up > 0;

  it('gives exactly nothing by night and never less', () => {
    const night = valuesWhere(summer, 'power', (time) => !sunIsUp(time));
    expect(night.length).toBeGreaterThan(5000);
    expect(new Set(night)).toEqual(new Set([0]));
    expect(Math.min(...summer.columns['power']!)).toBe(0);
  });

  it('yields several times more in June than in December', () => {
    const june = kilowattHours(summer.columns['power']!) / 20;
    const december = kilowattHours(winter.columns['power']!) / 20;
    expect(june).toBeGreaterThan(15);
    expect(june).toBeLessThan(45);
    expect(december).toBeGreaterThan(1);
    expect(june).toBeGreaterThan(2.5 * december);
  });

  it('never exceeds what the inverter can deliver by more than its error', () => {
    expect(Math.max(...summer.columns['power']!)).toBeLessThan(5000 * 1.03);
  });

  it('flickers under broken clouds and runs smoothly on other days', () => {
    const roughness = Array.from({ length: 20 }, (_, day) => {
      const start = Date.UTC(2026, 5, 10 + day, 9);
      const noon = valuesWhere(summer, 'power', (t) => t >= start && t < start + 4 * hourMs);
      return deviation(noon.slice(1).map((value, i) => value - noon[i]!));
    }).sort((a, b) => a - b);
    expect(roughness[0]).toBeLessThan(90);
    expect(roughness.at(-1)).toBeGreaterThan(300);
  });
});

describe('the sun', () => {
  const elevation = (time: number) => (Math.asin(sunVector(time).up) * 180) / Math.PI;
  const noonOf = (month: number, day: number) => Date.UTC(2026, month, day, 11, 14);

  it('stands where an almanac puts it at noon of the solstices and the equinox', () => {
    // 90° − 48.1° + declination; half a degree covers the formulas' simplicity.
    expect(Math.abs(elevation(noonOf(5, 21)) - 65.3)).toBeLessThan(0.6);
    expect(Math.abs(elevation(noonOf(11, 21)) - 18.5)).toBeLessThan(0.6);
    expect(Math.abs(elevation(noonOf(2, 20)) - 41.9)).toBeLessThan(0.6);
  });

  it('rises and sets over Munich shortly after six local time on the equinox', () => {
    const day = Date.UTC(2026, 2, 20);
    const up = Array.from({ length: 1440 }, (_, i) => day + i * minuteMs).filter(
      (time) => sunVector(time).up > 0,
    );
    expect(Math.abs((up[0]! - day) / hourMs - 5.35)).toBeLessThan(0.2);
    expect(Math.abs((up.at(-1)! - day) / hourMs - 17.4)).toBeLessThan(0.2);
  });

  it('shines with at most the solar constant and less the lower it stands', () => {
    const high = clearBeam({ up: 0.9, south: 0.4, west: 0 });
    const low = clearBeam({ up: 0.1, south: 0.9, west: 0 });
    expect(high).toBeGreaterThan(850);
    expect(high).toBeLessThan(1050);
    expect(low).toBeLessThan(0.6 * high);
    expect(clearBeam({ up: -0.01, south: 1, west: 0 })).toBe(0);
  });
});
