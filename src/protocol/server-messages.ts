import { z } from 'zod';
import { errorCatalogue } from './errors.ts';
import { itemSchema } from './item-schemas.ts';
import { PROTOCOL_VERSION } from './limits.ts';

/** What the server sends, one schema a message. */
const requestId = z.union([z.number().int(), z.string()]).nullable();
const offset = z
  .number()
  .int()
  .min(0)
  .describe('Rising count of all items of this epoch; 0 in a batch whose snapshot goes on');

const helloSchema = z.strictObject({
  type: z.literal('hello'),
  proto: z.literal(PROTOCOL_VERSION),
  server: z.string(),
  epoch: z.string().describe('Names one run of the server: offsets of another mean nothing'),
  auth: z.enum(['none', 'token']),
  ping: z.number().int().describe('Milliseconds between the pings of the server'),
  limits: z.strictObject({
    subscriptions: z.number().int(),
    message: z.number().int().describe('Bytes of the largest message the server reads'),
  }),
});

const readySchema = z.strictObject({ type: z.literal('ready') });

const subscribedSchema = z.strictObject({
  id: requestId,
  type: z.literal('subscribed'),
  subscription: z.number().int().min(1),
  streams: z.number().int().min(0).describe('Streams that match at this moment'),
  epoch: z.string(),
  offset,
  recovered: z.boolean().describe('False: what was missed is lost, take the snapshot'),
});

const batchSchema = z.strictObject({
  type: z.literal('batch'),
  subscription: z.number().int().min(1),
  epoch: z.string(),
  offset,
  dropped: z.number().int().min(0).describe('Items withheld since the batch before'),
  items: z.array(itemSchema),
});

const resultSchema = z.strictObject({
  id: requestId,
  type: z.literal('result'),
  data: z.record(z.string(), z.unknown()),
});

const errorSchema = z.strictObject({
  id: requestId,
  type: z.literal('error'),
  code: z.enum(Object.keys(errorCatalogue) as [keyof typeof errorCatalogue]),
  message: z.string(),
  hint: z.string().optional(),
});

const pongSchema = z.strictObject({ id: requestId.optional(), type: z.literal('pong') });

/** Schema of each server message by its `type`. */
export const serverMessageSchemas = {
  hello: helloSchema,
  ready: readySchema,
  subscribed: subscribedSchema,
  batch: batchSchema,
  result: resultSchema,
  error: errorSchema,
  pong: pongSchema,
} as const;

export const serverMessageSchema = z.discriminatedUnion('type', [
  helloSchema,
  readySchema,
  subscribedSchema,
  batchSchema,
  resultSchema,
  errorSchema,
  pongSchema,
]);

export type BatchMessage = z.output<typeof batchSchema>;
export type ResultMessage = z.output<typeof resultSchema>;
export type ServerMessage = z.output<typeof serverMessageSchema>;
