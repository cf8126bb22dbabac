import { randomBytes } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import type { Clock } from '../pipeline/ports.ts';
import { createFleet, type Fleet, type FleetMessage } from '../simulator/fleet.ts';
import { createSchedule, type Schedule, type SimulationSpeed } from '../simulator/schedule.ts';

/**
 * Publishes the simulated devices over MQTT as real ones would: one connection, QoS 1, in order.
 * What is due waits in the fleet, not in a queue: at most `inFlightMax` messages are open, and
 * without a connection nothing is taken. A message counts as published once it is acknowledged;
 * those that a lost connection left open are sent again by the client when it is back.
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
  /** Number of acknowledged messages. */
  published(): number;
  connected(): boolean;
}

const tickMs = 100;
const reconnectMs = 500;
const drainMs = 2_000;
const inFlightDefault = 500;
/** Messages taken before the event loop gets its turn: the service may share the thread. */
const burstMax = 64;

/** Connects and publishes from now on until `stop`. */
export function startSimulatedDevices(options: SimulatedDevicesOptions): SimulatedDevices {
  const { seed, from, speed, clock } = options;
  const fleet = createFleet({ seed, from, origin: options.origin ?? from });
  const schedule = createSchedule({ start: from, startedAt: clock.now(), speed });
  const client = mqtt.connect(options.url, {
    clientId: `inkling-demo-${randomBytes(4).toString('hex')}`,
    clean: true,
    reconnectPeriod: reconnectMs,
    keepalive: 30,
  });
  const publisher = new DevicesPublisher({ client, fleet, schedule, options });
  return {
    stop: () => publisher.stop(),
    published: () => publisher.published,
    connected: () => publisher.connected,
  };
}

interface PublisherParts {
  readonly client: MqttClient;
  readonly fleet: Fleet;
  readonly schedule: Schedule;
  readonly options: SimulatedDevicesOptions;
}

class DevicesPublisher {
  readonly #client: MqttClient;
  readonly #fleet: Fleet;
  readonly #schedule: Schedule;
  readonly #options: SimulatedDevicesOptions;
  readonly #inFlightMax: number;
  readonly #timer: NodeJS.Timeout;
  /** Messages that the client gave up and that go first, oldest first; at most `inFlightMax`. */
  readonly #returned: FleetMessage[];
  #connected: boolean;
  #lost: boolean;
  #stopping: Promise<void> | null;
  #continuing: boolean;
  #inFlight: number;
  #published: number;
  #drained: (() => void) | null;

  constructor({ client, fleet, schedule, options }: PublisherParts) {
    this.#client = client;
    this.#fleet = fleet;
    this.#schedule = schedule;
    this.#options = options;
    this.#inFlightMax = options.inFlightMax ?? inFlightDefault;
    this.#returned = [];
    this.#connected = false;
    this.#lost = false;
    this.#stopping = null;
    this.#continuing = false;
    this.#inFlight = 0;
    this.#published = 0;
    this.#drained = null;
    this.#listen();
    this.#timer = setInterval(() => this.#publishDue(), tickMs);
  }

  get published(): number {
    return this.#published;
  }

  get connected(): boolean {
    return this.#connected;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #listen(): void {
    const { log, url } = this.#options;
    // The client emits `connect` only after it has sent again what was open, so order is kept.
    this.#client.on('connect', () => {
      this.#connected = true;
      this.#lost = false;
      log.info(`Simulated devices publish to ${url}.`);
      this.#publishDue();
    });
    this.#client.on('close', () => {
      if (this.#connected) this.#tellLost('connection closed');
      this.#connected = false;
    });
    this.#client.on('error', (error) => this.#tellLost(error.message || String(error)));
  }

  /** Once for each loss: the client goes on trying, and every try would fail alike. */
  #tellLost(reason: string): void {
    if (this.#lost || this.#stopping !== null) return;
    this.#lost = true;
    this.#options.log.warn(
      `Simulated devices cannot reach ${this.#options.url} (${reason}) and keep trying.`,
    );
  }

  #publishDue(): void {
    if (!this.#connected || this.#stopping !== null) return;
    const due = this.#schedule.dueUntil(this.#options.clock.now());
    for (let count = 0; count < burstMax; count++) {
      if (this.#inFlight >= this.#inFlightMax) return;
      const message = this.#take(due);
      if (message === null) return;
      this.#publish(message);
    }
    this.#continue();
  }

  #take(due: number): FleetMessage | null {
    const returned = this.#returned.shift();
    if (returned !== undefined) return returned;
    return this.#fleet.nextTime <= due ? this.#fleet.next() : null;
  }

  #publish(message: FleetMessage): void {
    this.#inFlight += 1;
    const qos = this.#options.qos ?? 1;
    this.#client.publish(message.topic, message.payload, { qos }, (error) => {
      this.#inFlight -= 1;
      if (error) this.#returned.push(message);
      else this.#published += 1;
      if (this.#inFlight === 0) this.#drained?.();
      this.#continue();
    });
  }

  /** Goes on after the sockets had their turn; acknowledgements that come together ask once. */
  #continue(): void {
    if (this.#continuing || this.#stopping !== null) return;
    this.#continuing = true;
    setImmediate(() => {
      this.#continuing = false;
      this.#publishDue();
    });
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#connected && this.#inFlight > 0) await this.#drain();
    const clean = this.#connected && this.#inFlight === 0;
    await this.#client.endAsync(!clean);
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, drainMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#client.once('close', this.#drained);
    });
  }
}
