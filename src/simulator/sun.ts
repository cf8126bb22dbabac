import { hourMs } from './device.ts';
import { latitudeDegrees, longitudeDegrees, yearPhase } from './local-time.ts';

/**
 * The sun over the simulated house: its place in the sky to about half a degree, and what a clear
 * sky sends down. Spencer's declination, the usual two-term equation of time, Meinel's extinction.
 */

const solarConstant = 1361;
const degree = Math.PI / 180;
const sinLatitude = Math.sin(latitudeDegrees * degree);
const cosLatitude = Math.cos(latitudeDegrees * degree);

/** Unit vector towards the sun: `up` is the sine of the elevation, `south` and `west` as named. */
export interface SunVector {
  readonly up: number;
  readonly south: number;
  readonly west: number;
}

/** Where the sun stands at a time in ms since 1970. */
export function sunVector(time: number): SunVector {
  const phase = 2 * Math.PI * yearPhase(time);
  const declination =
    0.006918 -
    0.399912 * Math.cos(phase) +
    0.070257 * Math.sin(phase) -
    0.006758 * Math.cos(2 * phase) +
    0.000907 * Math.sin(2 * phase) -
    0.002697 * Math.cos(3 * phase) +
    0.00148 * Math.sin(3 * phase);
  const equationOfTimeHours =
    (9.87 * Math.sin(2 * phase - 2.792) - 7.66 * Math.sin(phase - 0.065)) / 60;
  const solarHour = (time / hourMs) % 24;
  const hourAngle = (solarHour + longitudeDegrees / 15 + equationOfTimeHours - 12) * 15 * degree;
  const sinDeclination = Math.sin(declination);
  const cosDeclination = Math.cos(declination);
  return {
    up: sinLatitude * sinDeclination + cosLatitude * cosDeclination * Math.cos(hourAngle),
    south: sinLatitude * cosDeclination * Math.cos(hourAngle) - cosLatitude * sinDeclination,
    west: cosDeclination * Math.sin(hourAngle),
  };
}

/** Direct irradiance at normal incidence under a clear sky, W/m²; 0 below the horizon. */
export function clearBeam(sun: SunVector): number {
  if (sun.up <= 0) return 0;
  const airMass = 1 / (sun.up + 0.05 * Math.exp(-sun.up / 0.08));
  return solarConstant * 0.7 ** (airMass ** 0.678);
}
