import type { Clock, Logger, OutgoingMessage } from '../../pipeline/ports.ts';
import { brokerPlace } from './broker-place.ts';
import type { ConnectionOptions } from './client-options.ts';
import { connectionProblem } from './connection-problem.ts';
import { OrderedPublisher } from './ordered-publisher.ts';
import { OutputQueue } from './output-queue.ts';
import { ReconnectPolicy } from './reconnect-policy.ts';

/**
 * What leaves for an outside broker, on a connection of its own, so that neither direction holds
 * up the other:
 *
 *   publish ─▶ queue (bounded, newest per retained topic) ─▶ QoS 1, in flight ─▶ acknowledged
 *
 * `<prefix>/status` says `online` as long as it is connected, and `offline` after `close` or, as
 * the broker's last will, when the connection breaks; both are retained.
 */
export interface MqttOutputOptions extends Omit<ConnectionOptions, 'clientId'> {
  readonly url: string;
  /** Of the incoming connection; this one adds `-out`. */
  readonly clientId: string;
  /** Without a slash at its end. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1, for the pauses between attempts. */
  readonly random: () => number;
  /** Messages that wait in each line of the queue; default 10,000. */
  readonly queueMax?: number;
  /** Messages sent and not acknowledged; default 200. */
  readonly inFlightMax?: number;
}

/** Counts since the output was made. */
interface MqttOutputCounters {
  /** Messages the broker has acknowledged. */
  readonly published: number;
  /** Messages lost since the queue was full. */
  readonly dropped: number;
  /** Messages that a newer one on the same retained topic took the place of. */
  readonly replaced: number;
  /** Messages the broker refused. */
  readonly refused: number;
  readonly connections: number;
}

export interface MqttOutput {
  readonly counters: MqttOutputCounters;
  readonly connected: boolean;
  /** Why it is not connected, as far as is known; null when it is. */
  readonly problem: string | null;
  /** Messages that wait to be sent. */
  readonly waiting: number;
  /** Never waits and never fails: what finds no room is dropped and counted. */
  publish(message: OutgoingMessage): void;
  /** Sends what is on its way, says `offline` and leaves; within three seconds, whatever the broker does. */
  close(): Promise<void>;
}

const queueMaxDefault = 10_000;
const inFlightDefault = 200;
const closeMs = 1_000;

/** Connects and keeps trying until `close`; a broker that is not there is a state, not an error. */
export function connectMqttOutput(options: MqttOutputOptions): MqttOutput {
  const { url, prefix, clock, log } = options;
  const queue = new OutputQueue(options.queueMax ?? queueMaxDefault);
  const policy = new ReconnectPolicy(options.random);
  const broker = brokerPlace(url);
  let isClosing = false;
  const publisher = new OrderedPublisher({
    url,
    client: clientOptions(options),
    qos: 1,
    inFlightMax: options.inFlightMax ?? inFlightDefault,
    next: () => queue.take(),
    greeting: statusOf(prefix, 'online'),
    pauseMs: () => policy.closed(clock.now(), 'failed'),
    problemOf: connectionProblem,
    onState: (connected, problem) => {
      if (connected) {
        policy.accepted(clock.now());
        log.info({ broker }, 'Forecasts and anomalies are published to the broker.');
      } else if (!isClosing) {
        log.warn(
          { broker, problem },
          'Nothing can be published to the broker; trying until it can.',
        );
      }
    },
  });
  return {
    get counters() {
      const { published, refused, connections } = publisher.counters;
      const { dropped, replaced } = queue;
      return { published, dropped, replaced, refused, connections };
    },
    get connected() {
      return publisher.connected;
    },
    get problem() {
      return publisher.connected ? null : publisher.problem;
    },
    get waiting() {
      return queue.count;
    },
    publish: (message) => {
      if (isClosing) return;
      queue.put(message);
      publisher.wake();
    },
    close: () => {
      isClosing = true;
      return publisher.close(closeMs, statusOf(prefix, 'offline'));
    },
  };
}

function statusOf(prefix: string, status: 'online' | 'offline'): OutgoingMessage {
  return { topic: `${prefix}/status`, payload: status, retain: true };
}

function clientOptions(options: MqttOutputOptions) {
  const { clientId, keepaliveSeconds, password, prefix, tls, username, version } = options;
  const { topic, payload, retain } = statusOf(prefix, 'offline');
  return {
    clientId: `${clientId}-out`,
    protocolVersion: version,
    keepalive: keepaliveSeconds,
    will: { topic, payload: Buffer.from(payload), retain, qos: 1 as const },
    ...(username === '' ? {} : { username, password }),
    ...(tls?.ca ? { ca: tls.ca } : {}),
    ...(tls?.cert && tls.key ? { cert: tls.cert, key: tls.key } : {}),
  };
}
