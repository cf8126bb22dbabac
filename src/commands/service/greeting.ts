import type { Configuration } from '../../config/configuration.ts';

interface Listening {
  readonly httpPort: number;
  /** Null: no embedded broker. */
  readonly mqttPort: number | null;
}

/** What stdout says once the service is ready: where it is, how to publish, what is simulated. */
export function greeting(
  { http, broker, simulate }: Configuration,
  { httpPort, mqttPort }: Listening,
): string {
  const lines = [`Inkling is ready: http://${hostInUrl(http.host)}:${httpPort}`];
  if (mqttPort !== null) {
    const port = mqttPort === 1883 ? '' : ` -p ${mqttPort}`;
    const host = isAnyAddress(broker.host) ? '127.0.0.1' : broker.host;
    lines.push(
      `Publish a reading: mosquitto_pub -h ${host}${port} -t workshop/temperature -m 21.5`,
    );
  }
  if (simulate.enabled) {
    lines.push('Simulated devices are publishing; start with --no-simulate to switch them off.');
  }
  return `${lines.join('\n')}\n`;
}

/** As it stands in a URL: IPv6 addresses in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
