import { defaultDevices } from './default-devices.ts';
import { type DeviceModel, type DeviceStream, dayMs } from './device.ts';
import { DeviceCourse } from './device-course.ts';
import { type FaultLabel, FaultSchedule, faultyValue } from './faults.ts';

/**
 * A fleet: the messages of all devices as one sequence in ascending order of time. Each device
 * keeps one message ready; the earliest is handed out, of equal ones the device that comes first.
 *
 *     course ─▶ sensors (faults, rounding) ─▶ payload ─▶ ready ─┐
 *     course ─▶ sensors                    ─▶ payload ─▶ ready ─┼─▶ next()
 *     course ─▶ sensors                    ─▶ payload ─▶ ready ─┘
 */

/** One message of a simulated device. */
export interface FleetMessage {
  /** Simulated time, whole ms since 1970; the payload carries the same. Rises per topic. */
  readonly time: number;
  readonly topic: string;
  /** JSON text. */
  readonly payload: string;
  /** What the payload says, by stream id. */
  readonly readings: readonly FleetReading[];
  /** The faults that this message shows; absent when it is healthy. */
  readonly faults?: readonly FaultLabel[];
}

interface FleetReading {
  readonly stream: string;
  readonly value: number;
}

/** A stream of the fleet, as the pipeline will name it with the default template. */
interface FleetStream {
  readonly id: string;
  readonly unit: string;
  /** Typical standard deviation of healthy values. */
  readonly deviation: number;
  readonly intervalMs: number;
}

export interface FleetOptions {
  /** A safe integer. Same seed, same messages, byte for byte. */
  readonly seed: number;
  /** The first message is the first one at or after this time, ms since 1970. */
  readonly from: number;
  /**
   * When the fleet was started for the first time; no fault begins in the two days after it. A
   * later start that passes the same origin continues exactly what the first would have said.
   * Default: `from`.
   */
  readonly origin?: number;
  /** False: sensors never fail. Default: true. */
  readonly faults?: boolean;
  /** Default: the devices of the demonstration. */
  readonly devices?: readonly DeviceModel[];
}

/** An endless sequence of messages. */
export interface Fleet {
  readonly streams: readonly FleetStream[];
  /** Time of the message that `next` will give. */
  readonly nextTime: number;
  next(): FleetMessage;
  /** Every fault with a reading in [from, to], past or still to come, ascending in time. */
  labels(from: number, to: number): FaultLabel[];
}

/**
 * Starts a fleet. It lives through the day before `from` unpublished, so that a fault that is
 * under way at `from` shows what it would have shown.
 */
export function createFleet(options: FleetOptions): Fleet {
  const { seed, from, origin = from, faults = true } = options;
  const devices = options.devices ?? defaultDevices(seed);
  const publishers = devices.map((model) => {
    const schedules = faults ? schedulesOf(model, seed, origin) : [];
    return new DevicePublisher(model, schedules, from);
  });
  const earliest = () => {
    let first = publishers[0]!;
    for (const publisher of publishers) {
      if (publisher.ready.time < first.ready.time) first = publisher;
    }
    return first;
  };
  return {
    streams: devices.flatMap(streamsOf),
    get nextTime() {
      return earliest().ready.time;
    },
    next: () => earliest().take(),
    labels: (first, last) =>
      publishers
        .flatMap((publisher) => publisher.schedules)
        .flatMap((schedule) => schedule.between(first, last))
        .sort((a, b) => a.from - b.from),
  };
}

function streamsOf(model: DeviceModel): FleetStream[] {
  return model.streams.map(({ key, unit, deviation }) => {
    return { id: `${model.topic}/${key}`, unit, deviation, intervalMs: model.intervalMs };
  });
}

function schedulesOf(model: DeviceModel, seed: number, origin: number): FaultSchedule[] {
  const { topic, intervalMs, offsetMs } = model;
  return model.streams.map((stream) => {
    const sensor = { id: `${topic}/${stream.key}`, stream, intervalMs, offsetMs };
    return new FaultSchedule(seed, sensor, origin);
  });
}

/** One device's messages: its course seen through sensors that may fail. */
class DevicePublisher {
  readonly schedules: readonly FaultSchedule[];
  readonly #model: DeviceModel;
  readonly #ids: readonly string[];
  readonly #course: DeviceCourse;
  /** Per stream, the fault under way and the value when it began. */
  readonly #faults: (FaultLabel | null)[];
  readonly #held: number[];
  /** Per stream, what the message in the making says; null: nothing. */
  readonly #shown: (number | null)[];
  /** Per stream, `,"key":`. */
  readonly #prefixes: readonly string[];
  #ready: FleetMessage;

  constructor(model: DeviceModel, schedules: readonly FaultSchedule[], from: number) {
    this.schedules = schedules;
    this.#model = model;
    this.#ids = model.streams.map((stream) => `${model.topic}/${stream.key}`);
    this.#course = new DeviceCourse(model, from - dayMs);
    this.#faults = model.streams.map(() => null);
    this.#held = model.streams.map(() => 0);
    this.#shown = model.streams.map(() => null);
    this.#prefixes = model.streams.map((stream) => `,${JSON.stringify(stream.key)}:`);
    this.#ready = this.#make();
    while (this.#ready.time < from) this.#ready = this.#make();
  }

  /** The message that `take` will give. */
  get ready(): FleetMessage {
    return this.#ready;
  }

  take(): FleetMessage {
    const message = this.#ready;
    this.#ready = this.#make();
    return message;
  }

  /** The next message that says anything: gaps in all streams at once leave nothing to say. */
  #make(): FleetMessage {
    for (;;) {
      const time = this.#course.nextTime;
      const readings = this.#measure(time, this.#course.next());
      const first = readings[0];
      if (first === undefined) continue;
      const single = this.#model.payload === 'value';
      const topic = single ? first.stream : this.#model.topic;
      const payload = single ? this.#writeValue(time, first.value) : this.#writeObject(time);
      const faults = this.#faults.filter((fault) => fault !== null);
      const message = { time, topic, payload, readings };
      return faults.length === 0 ? message : { ...message, faults };
    }
  }

  /** Fills `#shown` and returns what is not missing. */
  #measure(time: number, values: readonly number[]): FleetReading[] {
    const readings: FleetReading[] = [];
    for (let index = 0; index < values.length; index++) {
      const healthy = values[index]!;
      const fault = this.schedules[index]?.at(time) ?? null;
      if (fault !== this.#faults[index]) {
        this.#faults[index] = fault;
        this.#held[index] = healthy;
      }
      const held = this.#held[index]!;
      const value = fault === null ? healthy : faultyValue(fault, { time, healthy, held });
      const shown = value === null ? null : reportedValue(value, this.#model.streams[index]!);
      this.#shown[index] = shown;
      if (shown !== null) readings.push({ stream: this.#ids[index]!, value: shown });
    }
    return readings;
  }

  #writeValue(time: number, value: number): string {
    return `{"v":${value},"t":${time},"u":"${this.#model.streams[0]!.unit}"}`;
  }

  #writeObject(time: number): string {
    let text = `{"t":${time}`;
    for (let index = 0; index < this.#shown.length; index++) {
      const value = this.#shown[index]!;
      if (value !== null) text += `${this.#prefixes[index]!}${value}`;
    }
    return `${text}}`;
  }
}

/** What a sensor says of a value: within its range, rounded, never −0, which JSON cannot say. */
function reportedValue(value: number, { range, decimals }: DeviceStream): number {
  const scale = 10 ** decimals;
  return Math.round(Math.min(Math.max(value, range[0]), range[1]) * scale) / scale + 0;
}
