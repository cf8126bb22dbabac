import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { compileTimeReader } from '../../decoding/reading-time.ts';
import { boundedId, encodePath } from '../../decoding/stream-id.ts';
import type { Grant } from '../../pipeline/access.ts';
import { InklingError } from '../../protocol/errors.ts';
import type { Reading } from '../../stream/reading.ts';
import { checkInput } from './check-input.ts';
import { grantOfRequest, requireWrite } from './guard.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import type { ServicesSource } from './services.ts';

const READINGS_MAX = 10_000;

const postedReading = z.strictObject({
  stream: z.string().min(1),
  t: z.union([z.number(), z.string()]).nullish(),
  v: z.number().nullable(),
  u: z.string().max(32).nullish(),
});

const postedReadings = z.array(postedReading).max(READINGS_MAX);
type PostedReading = z.output<typeof postedReading>;

/** `POST /v1/readings`: answered with 202 once the journal has them. All are taken, or none. */
export function addReadings(app: FastifyInstance, services: ServicesSource): void {
  const readTime = compileTimeReader('UTC');
  app.post('/v1/readings', async (request, reply) => {
    const { ingest } = services();
    const grant = grantOfRequest(request);
    requireWrite(grant);
    const posted = checkInput(postedReadings, request.body);
    const readings = posted.map((one) => readingOf(one, grant, readTime));
    if (readings.length > 0) await ingest(readings);
    return reply.code(202).send({ accepted: readings.length });
  });
  refuseOtherMethods(app, '/v1/readings', ['POST']);
}

function readingOf(
  posted: PostedReading,
  grant: Grant,
  readTime: (raw: unknown) => number | null,
): Reading {
  const stream = idOf(posted.stream);
  if (stream === null) {
    const detail = `Expected a stream id of 1 to 1024 characters, got ${posted.stream.length}.`;
    throw new InklingError('ERR_REQUEST_INVALID', detail);
  }
  if (!grant.sees(stream)) {
    throw new InklingError('ERR_FORBIDDEN', `This token may not write to "${stream}".`);
  }
  const time = readTime(posted.t ?? null);
  if (Number.isNaN(time)) {
    const detail = `Expected a time for "${stream}", got ${JSON.stringify(posted.t)}.`;
    throw new InklingError('ERR_REQUEST_INVALID', detail);
  }
  return { stream, time, value: posted.v, unit: posted.u ?? null, retained: false, labels: null };
}

/** An id as it is listed stays as it is; what is reserved and not yet encoded is encoded. */
function idOf(text: string): string | null {
  const parts = text.split(/(%[0-9A-F]{2})/);
  return boundedId(
    parts.map((part, index) => (index % 2 === 1 ? part : encodePath(part))).join(''),
  );
}
