/**
 * A configuration as the program uses it: checked, complete, in plain numbers. Durations are whole
 * milliseconds, sizes are bytes, keys ending in `Seconds` are seconds; null says "none" or
 * "never". Names are those of the YAML file. The schema in `schema.ts` produces it, and the
 * compiler holds the two together.
 */
export interface Configuration {
  mqtt: MqttConfiguration;
  /** The embedded broker. */
  broker: { enabled: boolean; host: string; port: number };
  sources: SourceRule[];
  /** First match wins; the last rule always matches every stream. */
  streams: StreamRule[];
  /** Always has an entry for every name that a stream rule uses. */
  models: Record<string, ModelConfiguration>;
  training: TrainingConfiguration;
  /** Null: nothing is written to InfluxDB. */
  influx: InfluxConfiguration | null;
  http: HttpConfiguration;
  data: DataConfiguration;
  limits: LimitsConfiguration;
  /** `speed` is simulated seconds a second; `max`: as fast as the machine can. */
  simulate: { enabled: boolean; speed: number | 'max'; seed: number };
  receivers: Record<string, ReceiverConfiguration>;
  maintenance: MaintenanceWindow[];
  alerts: AlertRule[];
  /** Allows listening beyond loopback without tokens. */
  insecure: boolean;
}

interface MqttConfiguration {
  /** Null: no outside broker. */
  url: string | null;
  clientId: string;
  /** Protocol level: 4 is MQTT 3.1.1, 5 is MQTT 5. */
  version: 4 | 5;
  qos: 0 | 1;
  /** Seconds. */
  keepalive: number;
  prefix: string;
  /** Empty: none. */
  username: string;
  /** Empty: none. */
  password: string;
  /** Paths of PEM files, relative to the working directory; empty: none. */
  ca: string;
  cert: string;
  key: string;
  publishSeconds: number;
}

interface SourceRule {
  /** Filters with named wildcards (`+site`, `#rest`) as written. */
  topics: string[];
  decode: 'auto' | 'line-protocol';
  /** Template of stream ids; its names are `topic`, `key` and those of the wildcards. */
  stream: string;
  include: string[];
  /** IANA name, for times without an offset. */
  timezone: string;
}

interface StreamRule {
  match: string;
  /** Milliseconds. */
  cadence: 'auto' | number;
  aggregate: 'mean' | 'last' | 'min' | 'max' | 'sum';
  /** Steps from 1 on, or ascending leads in milliseconds. */
  horizon: { steps: number } | { durationsMs: number[] };
  /** Strictly between 0 and 1, ascending. */
  levels: number[];
  /** A key of `models`. */
  model: string;
  /** Steps. */
  maxGap: number;
  lateness: number;
  expire: number | null;
  /** `maxRate` is in units of value a millisecond. */
  limits: { range: [number, number] | null; maxRate: number | null };
  transform: 'none' | 'delta';
}

interface ModelConfiguration {
  cell: 'lstm' | 'gru' | 'rnn';
  hidden: number;
  layers: 1 | 2;
  size: 'full' | 'light' | 'auto';
}

interface TrainingConfiguration {
  everyRows: number;
  /** Steps. */
  window: number;
  publishSeconds: number;
  checkpointSeconds: number;
}

interface InfluxConfiguration {
  url: string;
  database: string;
  /** Empty: none. */
  username: string;
  /** Empty: none. */
  password: string;
  /** Empty: none. */
  token: string;
  /** 0: the fan is not written. */
  fanSeconds: number;
  /** Steps, ascending. */
  leads: number[];
}

interface HttpConfiguration {
  host: string;
  /** 0: the system picks a free one. */
  port: number;
  /** Empty: nobody has to show a token. */
  tokens: { token: string; streams: string[]; write: boolean }[];
  /** Origins that browsers may come from besides our own, as in `https://example.org`. */
  origins: string[];
}

interface DataConfiguration {
  /** As written; relative to the working directory. */
  dir: string;
  fsyncMs: number;
  snapshotSeconds: number;
  retain: number | null;
  retainBytes: number;
}

interface LimitsConfiguration {
  streams: number;
  payloadBytes: number;
  readingsPerSecond: number;
  modelBytes: number;
}

interface ReceiverConfiguration {
  webhook: string;
  /** Empty: bodies are not signed. */
  secret: string;
  perHour: number;
}

interface MaintenanceWindow {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  for: number;
  match: string;
}

interface AlertRule {
  name: string;
  match: string;
  when: AlertCondition;
  for: number;
  /** `threshold` null: that of the condition; with `above` it is cleared below, and the reverse. */
  clear: { threshold: number | null; for: number };
  severity: 'info' | 'warning' | 'critical';
  repeat: number | null;
  /** `websocket`, `mqtt`, or a key of `receivers`. */
  notify: string[];
}

type AlertCondition =
  | { kind: 'above' | 'below'; threshold: number }
  | { kind: 'anomaly'; sensitivity: 'quiet' | 'normal' | 'sensitive' }
  | {
      kind: 'forecast';
      direction: 'above' | 'below';
      threshold: number;
      within: number;
      probability: number;
    }
  | { kind: 'silent'; after: 'auto' | number };
