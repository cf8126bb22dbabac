import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from '../../adapters/mqtt/client-options.ts';
import type { Configuration } from '../../config/configuration.ts';

/** How we connect to the outside broker; both connections do it alike. */
export function mqttConnection(mqtt: Configuration['mqtt']): ConnectionOptions {
  const { clientId, version, username, password } = mqtt;
  return {
    clientId,
    version,
    keepaliveSeconds: mqtt.keepalive,
    username,
    password,
    tls: { ca: contentOf(mqtt.ca), cert: contentOf(mqtt.cert), key: contentOf(mqtt.key) },
  };
}

/** Of a file that was looked at with the configuration; null: none is named. */
function contentOf(path: string): Buffer | null {
  return path === '' ? null : readFileSync(path);
}
