import type { Configuration } from '../../config/configuration.ts';

/** Keys that are set to something which this version accepts and does not act on. */
export function keysWithoutEffect(configuration: Configuration): string[] {
  const { receivers, maintenance, alerts } = configuration;
  const keys: string[] = [];
  if (Object.keys(receivers).length > 0) keys.push('receivers');
  if (maintenance.length > 0) keys.push('maintenance');
  const [first] = alerts;
  if (alerts.length > 1 || (first !== undefined && first.when.kind !== 'anomaly'))
    keys.push('alerts');
  return keys;
}
