import { readFileSync } from 'node:fs';
import { EMPTY, merge, type Observable } from 'rxjs';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { connectMqttSource, type MqttSource } from '../../adapters/mqtt/mqtt-source.ts';
import type { Configuration } from '../../config/configuration.ts';
import { compileSource, type Source } from '../../decoding/decode-message.ts';
import type { Logger, Message } from '../../pipeline/ports.ts';
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
          url: options.url,
          clientId: options.clientId,
          version: options.version,
          qos: options.qos,
          keepaliveSeconds: options.keepalive,
          username: options.username,
          password: options.password,
          filters: [...new Set(sources.flatMap(({ filters }) => filters))],
          ownPrefix: `${options.prefix}/`,
          tls: {
            ca: contentOf(options.ca),
            cert: contentOf(options.cert),
            key: contentOf(options.key),
          },
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

/** Of a file that was looked at with the configuration; null: none is named. */
function contentOf(path: string): Buffer | null {
  return path === '' ? null : readFileSync(path);
}
