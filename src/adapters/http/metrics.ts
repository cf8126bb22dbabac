import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * Plain counters as metrics. Whoever counts keeps numbers in an object and knows nothing of
 * Prometheus; the numbers are read when somebody asks. Never a label per stream.
 *
 *   { prefix: 'websocket', read: () => ({ clients: 3 }) }  →  inkling_websocket_clients 3
 */
export interface MetricGroup {
  /** Put between `inkling_` and the name; empty for none. */
  readonly prefix: string;
  readonly metrics: Readonly<Record<string, MetricDescription>>;
  /** An object with the present number of each name; one that is not finite is left out. */
  readonly read: () => object;
}

interface MetricDescription {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

/** One metric with a value for each of a few label values, such as rejections by code. */
interface LabelledMetric extends MetricDescription {
  /** Without `inkling_`. */
  readonly name: string;
  readonly label: string;
  readonly read: () => Iterable<readonly [string, number]>;
}

export interface MetricsOptions {
  readonly groups: readonly MetricGroup[];
  readonly labelled: readonly LabelledMetric[];
}

/** A registry with Node's own figures (memory, garbage collection, event-loop delay) and ours. */
export function createMetrics(options: MetricsOptions): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  for (const group of options.groups) addGroup(registry, group);
  for (const metric of options.labelled) addLabelled(registry, metric);
  return registry;
}

function addGroup(registry: Registry, group: MetricGroup): void {
  for (const [key, description] of Object.entries(group.metrics)) {
    addMetric(registry, {
      ...description,
      name: metricName(group.prefix === '' ? key : `${group.prefix}_${key}`),
      label: null,
      read: () => {
        const value = (group.read() as Readonly<Record<string, number | undefined>>)[key];
        return value === undefined ? [] : [['', value]];
      },
    });
  }
}

function addLabelled(registry: Registry, metric: LabelledMetric): void {
  addMetric(registry, { ...metric, name: metricName(metric.name) });
}

interface Collected extends MetricDescription {
  readonly name: string;
  readonly label: string | null;
  readonly read: () => Iterable<readonly [string, number]>;
}

function addMetric(registry: Registry, metric: Collected): void {
  const configuration = {
    name: metric.name,
    help: metric.help,
    labelNames: metric.label === null ? [] : [metric.label],
    registers: [registry],
  };
  if (metric.type === 'gauge') {
    const gauge: Gauge = new Gauge({
      ...configuration,
      collect: () => collect(gauge, metric, (labels, value) => gauge.set(labels, value)),
    });
    return;
  }
  const counter: Counter = new Counter({
    ...configuration,
    collect: () => collect(counter, metric, (labels, value) => counter.inc(labels, value)),
  });
}

function collect(
  target: { reset(): void; remove(): void },
  metric: Collected,
  put: (labels: Record<string, string>, value: number) => void,
): void {
  target.reset();
  // A metric without labels is reset to zero, which would be a claim.
  if (metric.label === null) target.remove();
  for (const [value, count] of metric.read()) {
    if (Number.isFinite(count)) put(metric.label === null ? {} : { [metric.label]: value }, count);
  }
}

/** `websocket_slowClosesTotal` → `inkling_websocket_slow_closes_total`. */
function metricName(key: string): string {
  return `inkling_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
