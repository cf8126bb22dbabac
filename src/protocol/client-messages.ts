import { z } from 'zod';
import { messageBounds } from './limits.ts';

/**
 * What a client may send, one schema a message. These schemas validate every inbound message, and
 * the reference of the protocol is generated from them. Unknown keys are errors, so that a
 * misspelt option is told instead of ignored.
 */
export const itemKinds = ['reading', 'forecast', 'anomaly', 'alert', 'model'] as const;

/** Repeated in the answer; null there when the request had none. */
const requestId = z
  .union([z.number().int(), z.string().max(messageBounds.idLength)])
  .optional()
  .describe('Repeated in the answer');

const glob = z
  .string()
  .min(1)
  .max(messageBounds.globLength)
  .describe('A glob over stream ids: ** crosses slashes, * does not');

const authSchema = z.strictObject({
  id: requestId,
  type: z.literal('auth'),
  token: z.string().min(1).max(messageBounds.tokenLength),
});

const resumeSchema = z.strictObject({
  epoch: z.string().max(messageBounds.idLength).describe('Epoch of the last batch seen'),
  offset: z.number().int().min(0).describe('Offset of the last batch seen'),
});

const subscribeSchema = z.strictObject({
  id: requestId,
  type: z.literal('subscribe'),
  streams: z.array(glob).min(1).max(messageBounds.globs),
  kinds: z
    .array(z.enum(itemKinds))
    .min(1)
    .max(itemKinds.length)
    .default(['reading', 'forecast', 'anomaly', 'alert']),
  snapshot: z
    .boolean()
    .default(true)
    .describe('First batch: the newest reading and forecast of each stream'),
  history: z
    .number()
    .int()
    .min(0)
    .max(messageBounds.history)
    .default(0)
    .describe('Newest readings of each stream in the first batch'),
  mode: z
    .enum(['latest', 'all'])
    .default('latest')
    .describe('latest: a slow client gets only the newest reading and forecast of a stream'),
  maxRate: z
    .number()
    .positive()
    .max(messageBounds.maxRate)
    .nullable()
    .default(null)
    .describe('Readings, and forecasts, a second and stream at most'),
  resume: resumeSchema.nullable().default(null),
});

const unsubscribeSchema = z.strictObject({
  id: requestId,
  type: z.literal('unsubscribe'),
  subscription: z.number().int().min(1),
});

const streamsSchema = z.strictObject({
  id: requestId,
  type: z.literal('streams'),
  match: glob.default('**'),
  limit: z.number().int().min(1).max(messageBounds.streams).default(messageBounds.streams),
  after: z.string().nullable().default(null).describe('The `next` of the page before'),
});

const acknowledgeSchema = z.strictObject({
  id: requestId,
  type: z.literal('acknowledge'),
  alert: z.string().min(1).max(messageBounds.globLength),
});

const pingSchema = z.strictObject({ id: requestId, type: z.literal('ping') });

/** Schema of each client message by its `type`. */
export const clientMessageSchemas = {
  auth: authSchema,
  subscribe: subscribeSchema,
  unsubscribe: unsubscribeSchema,
  streams: streamsSchema,
  acknowledge: acknowledgeSchema,
  ping: pingSchema,
} as const;

export type ClientMessageType = keyof typeof clientMessageSchemas;
export type SubscribeMessage = z.output<typeof subscribeSchema>;
export type StreamsMessage = z.output<typeof streamsSchema>;

/** A client message as the server handles it: defaults filled in. */
export type ClientMessage = z.output<(typeof clientMessageSchemas)[ClientMessageType]>;

/** A client message as it may be sent: what has a default may be left out. */
export type ClientMessageInput = z.input<(typeof clientMessageSchemas)[ClientMessageType]>;

/** What a request may be called by its client. */
export type RequestId = number | string;
