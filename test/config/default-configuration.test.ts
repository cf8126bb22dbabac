import { describe, expect, it } from 'vitest';
import { checkListeners } from '../../src/config/check-listeners.ts';
import type { Configuration } from '../../src/config/configuration.ts';
import { defaultConfiguration, readConfiguration } from '../../src/config/read-configuration.ts';

function configured(text: string): Configuration {
  const reading = readConfiguration({ file: 'inkling.yaml', text, environment: {} });
  expect(reading.problems).toBeNull();
  return reading.configuration!;
}

describe('defaults', () => {
  it('are the documented ones, in plain numbers', () => {
    expect(defaultConfiguration()).toEqual({
      mqtt: {
        url: null,
        clientId: 'inkling',
        version: 4,
        qos: 1,
        keepalive: 30,
        prefix: 'inkling',
        username: '',
        password: '',
        ca: '',
        cert: '',
        key: '',
        publishSeconds: 1,
      },
      broker: { enabled: true, host: '127.0.0.1', port: 1883 },
      sources: [
        {
          topics: ['#'],
          decode: 'auto',
          stream: '{topic}/{key}',
          include: ['**'],
          timezone: 'UTC',
        },
      ],
      streams: [
        {
          match: '**',
          cadence: 'auto',
          aggregate: 'mean',
          horizon: { steps: 24 },
          levels: [0.5, 0.8, 0.95],
          model: 'shared',
          maxGap: 24,
          lateness: 60_000,
          expire: 2_592_000_000,
          limits: { range: null, maxRate: null },
          transform: 'none',
        },
      ],
      models: { shared: { cell: 'lstm', hidden: 64, layers: 1, size: 'auto' } },
      training: { everyRows: 8, window: 64, publishSeconds: 1, checkpointSeconds: 60 },
      influx: null,
      http: { host: '127.0.0.1', port: 8080, tokens: [], origins: [] },
      data: {
        dir: './data',
        fsyncMs: 5,
        snapshotSeconds: 60,
        retain: 604_800_000,
        retainBytes: 10e9,
      },
      limits: {
        streams: 100_000,
        payloadBytes: 65_536,
        readingsPerSecond: 100_000,
        modelBytes: 2e9,
      },
      simulate: { enabled: true, speed: 60, seed: 1 },
      receivers: {},
      maintenance: [],
      alerts: [
        {
          name: 'anomaly',
          match: '**',
          when: { kind: 'anomaly', sensitivity: 'normal' },
          for: 0,
          clear: { threshold: null, for: 0 },
          severity: 'warning',
          repeat: 14_400_000,
          notify: ['websocket', 'mqtt'],
        },
      ],
      insecure: false,
    });
  });

  it('are those of an empty file, without the simulated devices', () => {
    const { simulate, ...others } = defaultConfiguration();
    for (const text of ['', '# nothing\n', '---\n', 'http:\nsources:\n']) {
      expect(configured(text)).toEqual({ ...others, simulate: { ...simulate, enabled: false } });
    }
  });

  it('switch the embedded broker off beside an outside one, unless told otherwise', () => {
    expect(configured('mqtt: { url: mqtt://b }').broker.enabled).toBe(false);
    expect(configured('mqtt: { url: mqtt://b }\nbroker: { enabled: true }').broker.enabled).toBe(
      true,
    );
    expect(configured('broker: { enabled: false }').broker.enabled).toBe(false);
  });

  it('hold for streams that no rule matches', () => {
    const { streams, models } = configured(
      'streams: [{ match: "a/*", model: big }]\nmodels: { big: }',
    );
    expect(streams.map((rule) => rule.match)).toEqual(['a/*', '**']);
    expect(Object.keys(models)).toEqual(['shared', 'big']);
  });
});

describe('checkListeners', () => {
  it.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '"[::1]"'])('lets %s be', (host) => {
    expect(() => checkListeners(configured(`http: { host: ${host} }`))).not.toThrow();
  });

  it.each(['0.0.0.0', '"::"', '192.168.1.4', 'inkling.local', '127.0.0.1.example.org'])(
    'refuses HTTP on %s without tokens, naming the key',
    (host) => {
      const open = `http: { host: ${host} }`;
      expect(() => checkListeners(configured(open))).toThrowError(
        expect.objectContaining({
          code: 'ERR_CONFIG_INSECURE',
          message: expect.stringMatching(/^http\.host: /),
        }),
      );
      const guarded = `http: { host: ${host}, tokens: [{ token: abc }] }`;
      expect(() => checkListeners(configured(guarded))).not.toThrow();
      expect(() => checkListeners(configured(`${open}\ninsecure: true`))).not.toThrow();
    },
  );

  it('refuses the embedded broker beyond loopback, but only when it runs', () => {
    const open = 'broker: { host: 0.0.0.0 }';
    expect(() => checkListeners(configured(open))).toThrowError(
      expect.objectContaining({
        code: 'ERR_CONFIG_INSECURE',
        message: expect.stringMatching(/^broker\.host: /),
      }),
    );
    expect(() => checkListeners(configured(`${open}\nmqtt: { url: mqtt://b }`))).not.toThrow();
    expect(() => checkListeners(configured(`${open}\ninsecure: true`))).not.toThrow();
  });
});
