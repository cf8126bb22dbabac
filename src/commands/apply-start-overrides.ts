import type { Configuration } from '../config/configuration.ts';

/** Options of `inkling start` that stand above the configuration; undefined: not given. */
export interface StartOverrides {
  readonly data?: string | undefined;
  readonly port?: number | undefined;
  readonly mqttPort?: number | undefined;
  readonly seed?: number | undefined;
  /** False after `--no-simulate`; otherwise the configuration decides. */
  readonly simulate?: boolean | undefined;
}

/** A configuration with the overrides in it; the one given stays as it is. */
export function applyStartOverrides(
  configuration: Configuration,
  overrides: StartOverrides,
): Configuration {
  const { data, http, broker, simulate } = configuration;
  return {
    ...configuration,
    data: { ...data, dir: overrides.data ?? data.dir },
    http: { ...http, port: overrides.port ?? http.port },
    broker: { ...broker, port: overrides.mqttPort ?? broker.port },
    simulate: {
      ...simulate,
      enabled: simulate.enabled && overrides.simulate !== false,
      seed: overrides.seed ?? simulate.seed,
    },
  };
}
