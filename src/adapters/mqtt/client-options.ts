import type { IClientOptions } from 'mqtt';

/** What TLS needs beside what Node trusts anyway; contents of PEM files, null: not given. */
interface TlsMaterial {
  /** Authorities to trust instead of Node's own. */
  readonly ca: Buffer | null;
  /** Our certificate and its key. */
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
}

/** What CONNECT says and what the socket needs. */
export interface ConnectionOptions {
  readonly clientId: string;
  /** 4: MQTT 3.1.1 · 5: MQTT 5. */
  readonly version: 4 | 5;
  readonly keepaliveSeconds: number;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  /** Null: what Node trusts, and no certificate of our own. */
  readonly tls: TlsMaterial | null;
}

/** The broker keeps our session, and so what we have not acknowledged, for a week. */
const sessionSeconds = 7 * 24 * 3600;
const connectTimeoutMs = 10_000;

/** `unacknowledgedMax`: an MQTT 5 broker has no more messages on their way to us. */
export function mqttClientOptions(
  options: ConnectionOptions,
  unacknowledgedMax: number,
): IClientOptions {
  const { clientId, keepaliveSeconds, password, tls, username, version } = options;
  return {
    clientId,
    protocolVersion: version,
    clean: false,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    // We reconnect ourselves: mqtt.js knows only one fixed pause.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(username === '' ? {} : { username, password }),
    ...(tls?.ca ? { ca: tls.ca } : {}),
    ...(tls?.cert && tls.key ? { cert: tls.cert, key: tls.key } : {}),
    ...(version === 5
      ? { properties: { sessionExpiryInterval: sessionSeconds, receiveMaximum: unacknowledgedMax } }
      : {}),
  };
}
