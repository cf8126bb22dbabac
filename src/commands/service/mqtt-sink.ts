import { systemClock } from '../../adapters/clock/system-clock.ts';
import { connectMqttOutput, type MqttOutput } from '../../adapters/mqtt/mqtt-output.ts';
import type { Configuration } from '../../config/configuration.ts';
import { MqttItems } from '../../pipeline/mqtt-items.ts';
import type { Logger, OutgoingMessage, StreamDirectory } from '../../pipeline/ports.ts';
import { mqttConnection } from './mqtt-connection.ts';
import type { Outside } from './outside.ts';
import type { Sink } from './sink.ts';

/** Forecasts, anomalies and our status over MQTT: to the outside broker, the embedded one, or both. */
export function mqttSink(
  configuration: Configuration,
  { broker }: Outside,
  directory: StreamDirectory,
  log: Logger,
  random: () => number,
): Sink {
  const { mqtt } = configuration;
  const { prefix, publishSeconds } = mqtt;
  const items = new MqttItems({ prefix, publishMs: publishSeconds * 1_000, clock: systemClock });
  const output: MqttOutput | null =
    mqtt.url === null
      ? null
      : connectMqttOutput({
          ...mqttConnection(mqtt),
          url: mqtt.url,
          prefix,
          clock: systemClock,
          log,
          random,
        });
  const lost = (error: unknown) =>
    log.warn({ error: String(error) }, 'A message was not published.');
  const publish = (message: OutgoingMessage): void => {
    output?.publish(message);
    broker?.publish(message.topic, message.payload, { retain: message.retain, qos: 1 }).catch(lost);
  };
  const status = (payload: 'online' | 'offline'): void => {
    broker?.publish(`${prefix}/status`, payload, { retain: true, qos: 1 }).catch(lost);
  };
  status('online');
  return {
    name: 'mqttOutput',
    demand: { forecast: items.wants, intervals: false },
    take: (outcomes) => {
      for (const message of items.take(outcomes)) publish(message);
    },
    tick: () => {
      for (const message of items.overdue((id) => directory.forecast(id))) publish(message);
    },
    counters: () => ({
      publishedTotal: output?.counters.published ?? 0,
      droppedTotal: (output?.counters.dropped ?? 0) + items.refused,
      replacedTotal: output?.counters.replaced ?? 0,
      refusedTotal: output?.counters.refused ?? 0,
      waiting: output?.waiting ?? 0,
    }),
    problem: () => output?.problem ?? null,
    close: async () => {
      status('offline');
      await output?.close();
    },
  };
}
