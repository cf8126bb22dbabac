import type { Configuration } from './configuration.ts';
import type { ParsedConfiguration } from './schema.ts';
import { modelSchema, streamRuleSchema } from './stream-schemas.ts';

/** The rule for streams that no rule in the file matches. */
export const remainingStreamsRule: Configuration['streams'][number] = streamRuleSchema.parse({});

/**
 * Fills in the defaults that depend on other values: the embedded broker runs when there is no
 * outside one, devices are simulated when no configuration file was given, every stream has a
 * rule, and the model `shared` is there.
 */
export function resolveDefaults(
  parsed: ParsedConfiguration,
  given: { configurationFile: boolean },
): Configuration {
  const matchesAll = parsed.streams.some((rule) => rule.match === '**');
  return {
    ...parsed,
    broker: { ...parsed.broker, enabled: parsed.broker.enabled ?? parsed.mqtt.url === null },
    simulate: {
      ...parsed.simulate,
      enabled: parsed.simulate.enabled ?? !given.configurationFile,
    },
    streams: matchesAll ? parsed.streams : [...parsed.streams, remainingStreamsRule],
    models: { shared: modelSchema.parse({}), ...parsed.models },
  };
}
