import { z } from 'zod';
import type { Item } from './items.ts';

/** Schemas of the items, for tests, documents and whoever wants to check what arrives. */
const time = z.number().int().describe('Milliseconds since 1970');
const unknownNumber = z.number().nullable();

const readingItemSchema = z.strictObject({
  kind: z.literal('reading'),
  stream: z.string(),
  t: time,
  v: unknownNumber,
  flags: z.array(z.enum(['late', 'imputed', 'retained', 'limit'])),
  expected: unknownNumber,
  score: unknownNumber,
});

export const forecastItemSchema = z.strictObject({
  kind: z.literal('forecast'),
  stream: z.string(),
  issued: time,
  step: z.number().positive(),
  targets: z.array(time),
  median: z.array(z.number()),
  levels: z.array(
    z.strictObject({
      level: z.number().gt(0).lt(1),
      lower: z.array(z.number()),
      upper: z.array(z.number()),
      coverage: unknownNumber,
    }),
  ),
  model: z.string(),
  state: z.enum(['warming', 'ok', 'fallback', 'stale']),
  skill: unknownNumber,
});

const anomalyItemSchema = z.strictObject({
  kind: z.literal('anomaly'),
  stream: z.string(),
  t: time,
  value: unknownNumber,
  expected: unknownNumber,
  lower: unknownNumber,
  upper: unknownNumber,
  score: unknownNumber,
  direction: z.enum(['up', 'down']),
  reasons: z.array(z.string()),
});

const alertItemSchema = z.strictObject({
  kind: z.literal('alert'),
  id: z.string(),
  rule: z.string(),
  stream: z.string(),
  state: z.enum(['pending', 'firing', 'acknowledged', 'resolved']),
  severity: z.string(),
  since: time,
  value: unknownNumber,
  expected: unknownNumber,
  lower: unknownNumber,
  upper: unknownNumber,
  reasons: z.array(z.string()),
});

const modelItemSchema = z.strictObject({
  kind: z.literal('model'),
  model: z.string(),
  version: z.number().int(),
  event: z.enum(['published', 'checkpoint', 'rollback', 'diverged']),
  loss: unknownNumber,
  seconds: unknownNumber,
});

export const itemSchema: z.ZodType<Item> = z.discriminatedUnion('kind', [
  readingItemSchema,
  forecastItemSchema,
  anomalyItemSchema,
  alertItemSchema,
  modelItemSchema,
]);
