import type { MetricGroup } from '../../adapters/http/metrics.ts';
import type { Sink } from './sink.ts';

const counter = (help: string) => ({ type: 'counter', help }) as const;
const gauge = (help: string) => ({ type: 'gauge', help }) as const;

/** What the ways out count; those that are not configured show nothing. */
export function sinkGroups(sinks: () => readonly Sink[]): MetricGroup[] {
  const countersOf = (name: Sink['name']) =>
    sinks()
      .find((sink) => sink.name === name)
      ?.counters();
  return [
    {
      prefix: 'mqtt_output',
      metrics: {
        publishedTotal: counter('Messages that the outside broker has acknowledged.'),
        droppedTotal: counter('Messages that found no room in the queue or have no valid topic.'),
        replacedTotal: counter('Messages that a newer one on the same retained topic replaced.'),
        refusedTotal: counter('Messages that the outside broker refused.'),
        waiting: gauge('Messages that wait to be sent.'),
      },
      read: () => countersOf('mqttOutput') ?? {},
    },
    {
      prefix: 'influx',
      metrics: {
        writtenTotal: counter('Points that InfluxDB has taken.'),
        rejectedTotal: counter('Points that InfluxDB refused for good.'),
        rejectedNotKeptTotal: counter('Refused parts of a batch that are not in rejected.lp.'),
        droppedTotal: counter('Points that found no room in the outbox, or were too old.'),
        damagedTotal: counter('Points that could not be read from the outbox again.'),
        droppedLeadsTotal: counter(
          'Forecasts at leads that found no room to wait for their value.',
        ),
        retriesTotal: counter('Requests made again.'),
        queuedPoints: gauge('Points that wait to be written.'),
        queuedBytes: gauge('Bytes of the points that wait.'),
        outboxBytes: gauge('Bytes of the outbox on the disk.'),
      },
      read: () => countersOf('influx') ?? {},
    },
  ];
}
