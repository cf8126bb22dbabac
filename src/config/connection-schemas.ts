import { z } from 'zod';
import { environmentReference } from './interpolate-environment.ts';
import {
  byteSize,
  duration,
  either,
  flag,
  glob,
  listOf,
  mapping,
  numberBetween,
  text,
  textThat,
  wholeNumber,
  wordForNull,
} from './schema-values.ts';
import { isTopicPrefix } from './topic-filters.ts';

/** The sections about sockets, folders and their bounds. */

const hostPattern = /^[A-Za-z0-9.:_[\]%-]{1,253}$/;

function host() {
  return textThat('a host name or an IP address', hostPattern);
}

function port() {
  return wholeNumber(0, 65_535);
}

function url(expected: string, protocols: readonly string[]) {
  return textThat(expected, (value) => isUrl(value, protocols), 2048);
}

/** Whether the file is there and holds what it should is seen by `checkTlsFiles`. */
function pemFile(content: string, name: string) {
  return textThat('the path of a PEM file, or ""', /^[^\0]{0,1024}$/)
    .prefault('')
    .meta({
      description: `PEM file with ${content}; empty: none. Relative to the working directory.`,
      usage: [`/etc/inkling/${name}`],
    });
}

const brokerUrlExpected = 'none, or a URL beginning with mqtt://, mqtts://, ws:// or wss://';

export const mqttSchema = mapping({
  url: either(brokerUrlExpected, [
    wordForNull('none'),
    url(brokerUrlExpected, ['mqtt:', 'mqtts:', 'ws:', 'wss:']),
  ])
    .prefault('none')
    .meta({
      description: 'Outside broker to take readings from and to publish to.',
      usage: ['mqtt://broker.local:1883', 'mqtts://broker.example.org:8883'],
    }),
  clientId: textThat('1 to 128 characters without control characters', /^[^\p{Cc}]{1,128}$/u)
    .prefault('inkling')
    .describe('Client id of the incoming connection; the outgoing one adds `-out`.'),
  version: z
    .literal([4, 5], { error: '4 or 5' })
    .meta({ errorMessage: '4 or 5' })
    .prefault(4)
    .describe('Protocol version: 4 is MQTT 3.1.1, 5 is MQTT 5.'),
  qos: z
    .literal([0, 1], { error: '0 or 1' })
    .meta({ errorMessage: '0 or 1' })
    .prefault(1)
    .describe(
      'Quality of service of the subscriptions. With 1 a message is acknowledged once it is ' +
        'durable; what is published with 2 arrives as 1.',
    ),
  keepalive: wholeNumber(1, 65_535)
    .prefault(30)
    .describe('Seconds between signs of life on the connection.'),
  prefix: textThat('a topic without wildcards, not beginning with "$"', isTopicPrefix)
    .prefault('inkling')
    .describe('Everything we publish is under this topic; it is never read back.'),
  username: text()
    .prefault('')
    .meta({
      description: 'User name for the broker; empty: none.',
      usage: ['inkling'],
    }),
  password: text()
    .prefault('')
    .meta({
      description: 'Password for the broker; empty: none.',
      usage: [environmentReference('MQTT_PASSWORD:-')],
    }),
  ca: pemFile(
    'the authorities to trust with mqtts:// and wss:// instead of the usual ones',
    'ca.pem',
  ),
  cert: pemFile('our certificate, for a broker that asks for one', 'inkling.pem'),
  key: pemFile('the private key of `cert`, without a passphrase', 'inkling.key'),
  publishSeconds: numberBetween(0, 86_400)
    .prefault(1)
    .describe('A stream’s forecast is published at most once in so many seconds.'),
}).prefault({});

export const brokerSchema = mapping({
  enabled: flag()
    .optional()
    .meta({
      description: 'Whether the embedded MQTT 3.1.1 broker runs.',
      defaultMeaning: 'true when mqtt.url is none',
      usage: [true],
    }),
  host: host()
    .prefault('127.0.0.1')
    .describe('Address it listens on. Beyond loopback only with `insecure: true`.'),
  port: port().prefault(1883).describe('TCP port; 0: the system picks a free one.'),
}).prefault({});

export const influxSchema = either('none, or a mapping with the key url', [
  wordForNull('none'),
  mapping({
    url: url('a URL beginning with http:// or https://', ['http:', 'https:']).meta({
      description: 'Address of InfluxDB (version 1 API, or a later one that understands it).',
      defaultMeaning: 'must be given',
      usage: ['http://127.0.0.1:8086'],
    }),
    database: textThat('a database name of 1 to 128 characters', /^[^\p{Cc}"\\/]{1,128}$/u)
      .prefault('inkling')
      .describe('Database to write to; created at start when it is missing.'),
    username: text()
      .prefault('')
      .meta({
        description: 'User name; empty: none.',
        usage: ['inkling'],
      }),
    password: text()
      .prefault('')
      .meta({
        description: 'Password; empty: none.',
        usage: [environmentReference('INFLUX_PASSWORD:-')],
      }),
    token: text()
      .prefault('')
      .meta({
        description: 'Token of InfluxDB 2 or 3; empty: none.',
        usage: [environmentReference('INFLUX_TOKEN:-')],
      }),
    fanSeconds: numberBetween(0, 86_400)
      .prefault(10)
      .describe('The newest forecast of a stream is written every so many seconds; 0: never.'),
    leads: listOf(wholeNumber(1, 1000), { from: 0, to: 64 })
      .refine((steps) => new Set(steps).size === steps.length, 'steps that differ')
      .transform((steps) => steps.toSorted((a, b) => a - b))
      .prefault([])
      .meta({
        description: 'Steps ahead whose forecasts are kept beside the value that came true.',
        usage: [[1, 24]],
      }),
  }),
])
  .prefault('none')
  .describe('InfluxDB to write to.');

export const httpSchema = mapping({
  host: host()
    .prefault('127.0.0.1')
    .describe('Address that HTTP and WebSocket listen on. Beyond loopback tokens are needed.'),
  port: port().prefault(8080).describe('TCP port; 0: the system picks a free one.'),
  tokens: listOf(
    mapping({
      token: textThat('1 to 512 printable characters without spaces', /^[\x21-\x7e]{1,512}$/).meta({
        description: 'The secret itself, as sent in `Authorization: Bearer`.',
        defaultMeaning: 'must be given',
        usage: [environmentReference('DASHBOARD_TOKEN:?set it')],
      }),
      streams: listOf(glob(), { from: 1, to: 100 })
        .prefault(['**'])
        .describe('Globs over the stream ids that its holder may see.'),
      write: flag()
        .prefault(false)
        .describe('Whether its holder may also change things: send readings, acknowledge, delete.'),
    }),
    { from: 0, to: 1000 },
  )
    .prefault([])
    .describe('Who may come in; empty: everybody who reaches the port.'),
  origins: listOf(textThat('an origin such as https://example.org, without a path', isOrigin), {
    from: 0,
    to: 100,
  })
    .prefault([])
    .meta({
      description: 'Origins that browsers may come from besides our own.',
      usage: [['https://dashboard.example.org']],
    }),
}).prefault({});

export const dataSchema = mapping({
  dir: textThat('the path of a folder', /^[^\0]{1,1024}$/)
    .prefault('./data')
    .describe('Folder of everything that is kept; relative to the working directory.'),
  fsyncMs: wholeNumber(0, 1000)
    .prefault(5)
    .describe('A commit to disk waits at most so many milliseconds for company.'),
  snapshotSeconds: wholeNumber(1, 86_400)
    .prefault(60)
    .describe('Seconds between snapshots of the state.'),
  retain: either('never, or a duration from 1m to 3650d such as 12h or 7d', [
    wordForNull('never'),
    duration('1m', '3650d'),
  ])
    .prefault('7d')
    .describe('Readings older than this are deleted from disk; never: only `retainBytes` counts.'),
  retainBytes: byteSize('1MB', '100TB')
    .prefault('10GB')
    .describe('Disk space the readings may take; the oldest are deleted first.'),
}).prefault({});

export const limitsSchema = mapping({
  streams: wholeNumber(1, 10_000_000)
    .prefault(100_000)
    .describe('Number of streams; readings of further ones are rejected and counted.'),
  payloadBytes: byteSize('16B', '256MB')
    .prefault(65_536)
    .describe('Size of one MQTT payload; larger ones are rejected and counted.'),
  readingsPerSecond: wholeNumber(1, 100_000_000)
    .prefault(100_000)
    .describe('Readings taken in a second; those beyond are rejected and counted.'),
  modelBytes: byteSize('1MB', '1TB')
    .prefault('2GB')
    .describe('Memory for forecasting state; `size: auto` takes `full` while it fits.'),
}).prefault({});

function isUrl(value: string, protocols: readonly string[]): boolean {
  const parsed = URL.canParse(value) ? new URL(value) : null;
  return parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== '';
}

function isOrigin(value: string): boolean {
  return isUrl(value, ['http:', 'https:']) && new URL(value).origin === value.toLowerCase();
}

export const webhookUrl = () =>
  url('a URL beginning with http:// or https://', ['http:', 'https:']);
