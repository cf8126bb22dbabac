/** What `start` prints on stdout when the service is ready. */
export interface Greeting {
  readonly httpPort: number;
  readonly httpHost: string;
  /** Null: no embedded broker. */
  readonly mqttPort: number | null;
  readonly simulated: boolean;
}

export function greeting({ httpPort, httpHost, mqttPort, simulated }: Greeting): string {
  const host = httpHost.includes(':') ? `[${httpHost}]` : httpHost;
  const lines = [`Inkling is ready: http://${host}:${httpPort}`];
  if (mqttPort !== null) {
    const port = mqttPort === 1883 ? '' : ` -p ${mqttPort}`;
    lines.push(
      `Publish a reading: mosquitto_pub -h 127.0.0.1${port} -t workshop/temperature -m 21.5`,
    );
  }
  if (simulated) {
    lines.push('Simulated devices are publishing; start with --no-simulate to switch them off.');
  }
  return `${lines.join('\n')}\n`;
}
