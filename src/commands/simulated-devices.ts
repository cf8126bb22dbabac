import { randomBytes } from 'node:crypto';
import { brokerPlace } from '../adapters/mqtt/broker-place.ts';
import { OrderedPublisher } from '../adapters/mqtt/ordered-publisher.ts';
import type { Clock, OutgoingMessage } from '../pipeline/ports.ts';
import { createFleet } from '../simulator/fleet.ts';
import { createSchedule, type SimulationSpeed } from '../simulator/schedule.ts';

/**
 * Publishes the simulated devices over MQTT as real ones would: one connection, QoS 1, in order.
 * What is due waits in the fleet, not in a queue: at most `inFlightMax` messages are open, and
 * without a connection nothing is taken. A message counts as published once it is acknowledged;
 * those that a lost connection left open are sent again when it is back.
 */

export interface SimulatedDevicesOptions {
  /** `mqtt://host:port`. The broker need not be there yet. */
  readonly url: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly speed: SimulationSpeed;
  /** Simulated time of the first message, ms since 1970. */
  readonly from: number;
  /** First start of these devices, see `FleetOptions`. Default: `from`. */
  readonly origin?: number;
  /** Simulated time after which there are no more messages, ms since 1970. Default: never. */
  readonly until?: number;
  readonly log: SimulatedDevicesLog;
  /** Default: 1. */
  readonly qos?: 0 | 1;
  /** Most messages sent and not yet acknowledged. Default: 500. */
  readonly inFlightMax?: number;
}

/** Where changes of the connection are told, one sentence each. */
interface SimulatedDevicesLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface SimulatedDevices {
  /** Publishes nothing more; resolves once what was sent is acknowledged, or after two seconds. */
  stop(): Promise<void>;
  /** Resolves when all messages up to `until` are acknowledged. */
  readonly done: Promise<void>;
  /** Number of acknowledged messages. */
  published(): number;
  connected(): boolean;
  /** Why there is no connection, as far as is known. */
  problem(): string;
  /** Simulated time of the message to come, ms since 1970. */
  time(): number;
}

const tickMs = 100;
const reconnectMs = 500;
const drainMs = 2_000;
const inFlightDefault = 500;

/** Connects and publishes from now on until `stop`. */
export function startSimulatedDevices(options: SimulatedDevicesOptions): SimulatedDevices {
  const { seed, from, speed, clock, log, url, until = Number.POSITIVE_INFINITY } = options;
  const fleet = createFleet({ seed, from, origin: options.origin ?? from });
  const schedule = createSchedule({ start: from, startedAt: clock.now(), speed });
  let due = Number.NEGATIVE_INFINITY;
  const next = (): OutgoingMessage | null => {
    if (fleet.nextTime > due) due = Math.min(schedule.dueUntil(clock.now()), until);
    if (fleet.nextTime > due) return null;
    const { topic, payload } = fleet.next();
    return { topic, payload, retain: false };
  };
  let isStopping = false;
  const publisher = new OrderedPublisher({
    url,
    client: { clientId: `inkling-demo-${randomBytes(4).toString('hex')}`, keepalive: 30 },
    qos: options.qos ?? 1,
    inFlightMax: options.inFlightMax ?? inFlightDefault,
    next,
    pauseMs: () => reconnectMs,
    onState: (connected, problem) => {
      if (connected) log.info(`Simulated devices publish to ${brokerPlace(url)}.`);
      else if (!isStopping) {
        const place = brokerPlace(url);
        log.warn(`Simulated devices cannot reach ${place} (${problem}) and keep trying.`);
      }
    },
  });
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const timer = setInterval(() => {
    publisher.wake();
    if (fleet.nextTime > until && publisher.inFlight === 0) finish();
  }, tickMs);
  return {
    stop: () => {
      isStopping = true;
      clearInterval(timer);
      return publisher.close(drainMs);
    },
    done,
    published: () => publisher.counters.published,
    connected: () => publisher.connected,
    problem: () => publisher.problem,
    time: () => fleet.nextTime,
  };
}
