import { EMPTY, merge, type Observable } from 'rxjs';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { connectMqttSource, type MqttSource } from '../../adapters/mqtt/mqtt-source.ts';
import type { Configuration } from '../../config/configuration.ts';
import { compileSource, type Source } from '../../decoding/decode-message.ts';
import type { Logger, Message } from '../../pipeline/ports.ts';
import { mqttConnection } from './mqtt-connection.ts';
import type { Outside } from './outside.ts';

/** Where messages come from: the embedded broker, an outside one, or both. */
export interface MessagesIn {
  readonly messages$: Observable<Message>;
  readonly sources: readonly Source[];
  /** Null: no outside broker. */
  readonly mqtt: MqttSource | null;
  /** No further message comes after it. */
  close(): Promise<void>;
}

export function messagesIn(
  configuration: Configuration,
  { broker, folder }: Outside,
  log: Logger,
  random: () => number,
): MessagesIn {
  const sources = configuration.sources.map(compileSource);
  const { mqtt: options } = configuration;
  const mqtt =
    options.url === null
      ? null
      : connectMqttSource({
          ...mqttConnection(options),
          url: options.url,
          qos: options.qos,
          filters: [...new Set(sources.flatMap(({ filters }) => filters))],
          ownPrefix: `${options.prefix}/`,
          sessionFile: folder.path('mqtt-session.json'),
          log,
          clock: systemClock,
          random,
        });
  return {
    messages$: merge(broker?.source.messages$ ?? EMPTY, mqtt?.messages$ ?? EMPTY),
    sources,
    mqtt,
    close: async () => {
      await Promise.all([broker?.source.close(), mqtt?.close()]);
    },
  };
}
