import type { AlertItem, AnomalyItem, ModelItem } from '../protocol/items.ts';
import type { InfluxPoint } from './influx-point.ts';

/** Points of what happens now and then. `tags` are those of the stream. */

type Tags = Readonly<Record<string, string>>;

/** At the time of the reading that is odd. */
export function anomalyPoint(item: AnomalyItem, tags: Tags): InfluxPoint {
  const { score, value, expected, lower, upper, reasons } = item;
  return {
    measurement: 'inkling_anomaly',
    tags,
    fields: { score, value, expected, lower, upper, reason: reasons.join('; ') },
    timeMs: item.t,
  };
}

/** At the time of the change of state: `since` is that of the whole alert. */
export function alertPoint(item: AlertItem, tags: Tags, timeMs: number): InfluxPoint {
  const { rule, state, severity, value } = item;
  return {
    measurement: 'inkling_alert',
    tags: { ...tags, rule },
    fields: { state, severity, value },
    timeMs,
  };
}

export function modelPoint(item: ModelItem, timeMs: number): InfluxPoint {
  const { model, version, loss, seconds, event } = item;
  return {
    measurement: 'inkling_model',
    tags: { model },
    fields: { version, loss, seconds, event },
    timeMs,
  };
}
