import { expect, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import {
  connectMqttSource,
  type MqttSource,
  type MqttSourceOptions,
} from '../../src/adapters/mqtt/mqtt-source.ts';
import type { Message } from '../../src/pipeline/ports.ts';

/** A source with everything it said and brought. */
export interface SourceUnderTest {
  readonly source: MqttSource;
  readonly messages: Message[];
  /** Of the log: the sentence, then the fields. */
  readonly lines: string[];
}

export function startSource(
  port: number,
  options: Partial<MqttSourceOptions> = {},
): SourceUnderTest {
  const lines: string[] = [];
  const tell = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const source = connectMqttSource({
    url: `mqtt://127.0.0.1:${port}`,
    clientId: 'inkling',
    version: 4,
    qos: 1,
    keepaliveSeconds: 30,
    username: '',
    password: '',
    filters: ['plant/#'],
    ownPrefix: 'inkling/',
    tls: null,
    sessionFile: null,
    log: { info: tell, warn: tell, error: tell },
    clock: systemClock,
    random: () => 0,
    ...options,
  });
  const messages: Message[] = [];
  source.messages$.subscribe((message) => messages.push(message));
  return { source, messages, lines };
}

export const until = (condition: () => boolean, timeout = 10_000) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout, interval: 5 });
