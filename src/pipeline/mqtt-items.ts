import { encodeLevel } from '../decoding/stream-id.ts';
import type { ForecastDemand, Outcomes } from '../engine/outcome.ts';
import { encodeItem } from '../protocol/encode-item.ts';
import type { AlertItem, AnomalyItem, ForecastItem } from '../protocol/items.ts';
import type { Clock, OutgoingMessage } from './ports.ts';

/**
 * Which items go out over MQTT, and where to:
 *
 *   <prefix>/forecast/<stream>       retained; the first at once, then the newest each publishMs
 *   <prefix>/anomaly/<stream>        each
 *   <prefix>/alert/<rule>/<stream>   retained; each
 *
 * A forecast that comes too early is not kept: its stream is noted, and its newest forecast is asked
 * for when its turn has come, also when no more readings come. Time is the time of arrival.
 */
export interface MqttItemsOptions {
  /** Without a slash at its end. */
  readonly prefix: string;
  /** Least time between two forecasts of a stream, ms; 0: every forecast. */
  readonly publishMs: number;
  readonly clock: Clock;
}

type MqttItem = ForecastItem | AnomalyItem | AlertItem;

/** MQTT has two bytes for the length of a topic in UTF-8; a character takes up to three. */
const topicLengthMax = 65_535 / 3;
const rowsFirst = 16;

/** One for all brokers: what it answers is for each of them. */
export class MqttItems {
  /** Items whose topic MQTT does not allow. */
  refused: number;
  readonly #options: MqttItemsOptions;
  /** (rows) when the stream's next forecast may go out. */
  #dueAt: Float64Array;
  /** Rows of streams whose newest forecast has not gone out, by id. */
  readonly #waiting: Map<string, number>;

  constructor(options: MqttItemsOptions) {
    this.refused = 0;
    this.#options = options;
    this.#dueAt = new Float64Array(rowsFirst);
    this.#waiting = new Map();
  }

  /** Whether a forecast of the stream in this row would go out now; for the engine, which builds no others. */
  readonly wants: ForecastDemand = (row) => this.#isDue(row, this.#options.clock.now());

  /** The messages for what an event led to. Call it once for each event, in order. */
  take({ steps, notices, removed }: Outcomes): OutgoingMessage[] {
    const now = this.#options.clock.now();
    const messages: OutgoingMessage[] = [];
    // Of several forecasts of a stream in one event only the last is worth a message.
    const newest = new Map<number, ForecastItem>();
    for (const { row, reading, forecast } of steps) {
      if (forecast !== null && this.#isDue(row, now)) newest.set(row, forecast);
      else this.#waiting.set(reading.stream, row);
    }
    for (const [row, forecast] of newest) this.#give(row, forecast, now, messages);
    for (const notice of notices) {
      if (notice.kind === 'anomaly') this.#add(messageOf(this.#options.prefix, notice), messages);
    }
    for (const stream of removed) {
      this.#waiting.delete(stream);
      this.#add(withdrawalOf(this.#options.prefix, stream), messages);
    }
    return messages;
  }

  /**
   * The newest forecasts of streams that had to wait and need not any more. Call it a few times per
   * `publishMs`; `forecastOf` answers null when a stream has none.
   */
  overdue(forecastOf: (stream: string) => ForecastItem | null): OutgoingMessage[] {
    const now = this.#options.clock.now();
    const messages: OutgoingMessage[] = [];
    for (const [stream, row] of this.#waiting) {
      if (!this.#isDue(row, now)) continue;
      this.#waiting.delete(stream);
      const forecast = forecastOf(stream);
      if (forecast !== null) this.#give(row, forecast, now, messages);
    }
    return messages;
  }

  #isDue(row: number, now: number): boolean {
    if (row >= this.#dueAt.length) return true;
    const leftMs = this.#dueAt[row]! - now;
    // Longer than a whole turn: the clock was set back.
    return leftMs <= 0 || leftMs > this.#options.publishMs;
  }

  #give(row: number, forecast: ForecastItem, now: number, messages: OutgoingMessage[]): void {
    this.#waiting.delete(forecast.stream);
    if (row >= this.#dueAt.length) {
      const grown = new Float64Array(Math.max(row + 1, this.#dueAt.length * 2));
      grown.set(this.#dueAt);
      this.#dueAt = grown;
    }
    this.#dueAt[row] = now + this.#options.publishMs;
    this.#add(messageOf(this.#options.prefix, forecast), messages);
  }

  #add(message: OutgoingMessage, messages: OutgoingMessage[]): void {
    if (isTopic(message.topic)) messages.push(message);
    else this.refused++;
  }
}

/** An item as a message. */
export function messageOf(prefix: string, item: MqttItem): OutgoingMessage {
  const path = item.kind === 'alert' ? `${encodeLevel(item.rule)}/${item.stream}` : item.stream;
  return {
    topic: `${prefix}/${item.kind}/${path}`,
    payload: encodeItem(item),
    retain: item.kind !== 'anomaly',
  };
}

/** Takes the retained forecast of a removed stream away. */
function withdrawalOf(prefix: string, stream: string): OutgoingMessage {
  return { topic: `${prefix}/forecast/${stream}`, payload: '', retain: true };
}

/** Stream ids are fit for topics by themselves; this holds for whatever else may come. */
function isTopic(topic: string): boolean {
  return topic.length <= topicLengthMax && !/[+#\0]/.test(topic);
}
