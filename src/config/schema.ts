import type { z } from 'zod';
import { alertsSchema, maintenanceSchema, receiversSchema } from './alert-schemas.ts';
import {
  brokerSchema,
  dataSchema,
  httpSchema,
  influxSchema,
  limitsSchema,
  mqttSchema,
} from './connection-schemas.ts';
import { flag, listOf, mapping } from './schema-values.ts';
import {
  modelsSchema,
  simulateSchema,
  sourceSchema,
  streamRuleSchema,
  trainingSchema,
} from './stream-schemas.ts';

/**
 * The one description of the configuration file: keys, defaults, bounds and meanings. Parsing
 * gives plain numbers; the JSON schema for editors and the reference page are generated from its
 * input side. Checks across sections are in `check-references.ts`, defaults that depend on other
 * values in `resolve-defaults.ts`.
 */
export const configurationSchema = mapping({
  mqtt: mqttSchema.describe('The outside MQTT broker, and what is published.'),
  broker: brokerSchema.describe('The embedded MQTT broker.'),
  sources: listOf(sourceSchema, { from: 1, to: 100 })
    .prefault([{}])
    .describe('Where readings come from and which streams they become.'),
  streams: listOf(streamRuleSchema, { from: 0, to: 10_000 })
    .prefault([{}])
    .describe(
      'Rules for streams. The first that matches wins; streams that none matches have the ' +
        'defaults.',
    ),
  models: modelsSchema,
  training: trainingSchema.describe('Learning, beside serving.'),
  influx: influxSchema,
  http: httpSchema.describe('The web page, the HTTP API and WebSocket.'),
  data: dataSchema.describe('What is kept on disk.'),
  limits: limitsSchema.describe('Bounds of the whole service.'),
  simulate: simulateSchema.describe('The simulated devices.'),
  receivers: receiversSchema,
  maintenance: maintenanceSchema,
  alerts: alertsSchema,
  insecure: flag()
    .prefault(false)
    .describe(
      'Allows listening beyond loopback without tokens, and the embedded broker beyond loopback.',
    ),
});

/** A checked configuration in which a few defaults are still open. */
export type ParsedConfiguration = z.output<typeof configurationSchema>;
