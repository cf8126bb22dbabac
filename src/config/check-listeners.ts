import { InklingError } from '../protocol/errors.ts';
import type { Configuration } from './configuration.ts';

/**
 * Refuses to open Inkling to the network without saying who may come in: HTTP beyond loopback
 * needs tokens, the embedded broker knows none. `insecure: true` allows both. Throws
 * `ERR_CONFIG_INSECURE`.
 */
export function checkListeners(configuration: Configuration): void {
  const { http, broker, insecure } = configuration;
  if (insecure) return;
  if (!isLoopback(http.host) && http.tokens.length === 0) {
    throw new InklingError(
      'ERR_CONFIG_INSECURE',
      `http.host: expected a loopback address or http.tokens, got ${JSON.stringify(http.host)}`,
      'Set http.tokens, or insecure: true.',
    );
  }
  if (broker.enabled && !isLoopback(broker.host)) {
    throw new InklingError(
      'ERR_CONFIG_INSECURE',
      `broker.host: expected a loopback address, got ${JSON.stringify(broker.host)}`,
      'Set mqtt.url to a broker with credentials, or insecure: true.',
    );
  }
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === '::1') return true;
  return /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}
