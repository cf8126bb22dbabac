import { systemClock } from '../../adapters/clock/system-clock.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { StreamDirectory } from '../../pipeline/ports.ts';
import { dayMs, simulatedRoot } from '../../simulator/device.ts';
import { type SimulatedDevices, startSimulatedDevices } from '../simulated-devices.ts';
import { hostInUrl } from './greeting.ts';
import type { Outside } from './outside.ts';

/** Days of simulated past before the first start on a data folder. */
const DAYS_BEFORE = 30;
/** Few enough that at full speed a turn of the event loop, which both share, stays short. */
const IN_FLIGHT_MAX = 32;

/**
 * Starts the simulated devices against the broker that the service listens to: from the newest
 * simulated reading on, or 30 days before the data folder was made.
 */
export function startDemonstration(
  configuration: Configuration,
  outside: Outside,
  directory: StreamDirectory,
  log: { info(message: string): void; warn(message: string): void },
): SimulatedDevices {
  const origin = Date.parse(outside.folder.format.created) - DAYS_BEFORE * dayMs;
  const { seed, speed } = configuration.simulate;
  const url =
    outside.mqttPort === null
      ? withCredentials(configuration.mqtt)
      : `mqtt://${hostInUrl(configuration.broker.host)}:${outside.mqttPort}`;
  const from = Math.max(origin, newestSimulated(directory) + 1);
  return startSimulatedDevices({
    url,
    clock: systemClock,
    seed,
    speed,
    from,
    origin,
    log,
    inFlightMax: IN_FLIGHT_MAX,
  });
}

/** The outside broker's URL, with who we are in it. */
function withCredentials({ url, username, password }: Configuration['mqtt']): string {
  if (url === null) return '';
  const full = new URL(url);
  full.username = encodeURIComponent(username);
  full.password = encodeURIComponent(password);
  return full.href;
}

/** Time of the newest reading of the simulated streams; −∞ when there is none. */
function newestSimulated(directory: StreamDirectory): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const id of directory.ids()) {
    if (!id.startsWith(`${simulatedRoot}/`)) continue;
    newest = Math.max(newest, directory.lastReading(id)?.t ?? newest);
  }
  return newest;
}
