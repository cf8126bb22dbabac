import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listStreams } from '../../pipeline/list-streams.ts';
import { encodeItem } from '../../protocol/encode-item.ts';
import { InklingError } from '../../protocol/errors.ts';
import { compileGlob } from '../../stream/glob.ts';
import { checkInput, queryGlob, queryInteger } from './check-input.ts';
import { grantOfRequest, requireWrite } from './guard.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import type { ServicesSource } from './services.ts';

const TIME_MAX = 8_640_000_000_000_000;

const listQuery = z.strictObject({
  match: queryGlob().default('**'),
  limit: queryInteger({ min: 1, max: 1000 }).default(100),
  after: z.string({ error: 'expected one stream id' }).optional(),
});

const historyQuery = z.strictObject({
  from: queryInteger({ min: -TIME_MAX, max: TIME_MAX }).default(-TIME_MAX),
  to: queryInteger({ min: -TIME_MAX, max: TIME_MAX }).default(TIME_MAX),
  limit: queryInteger({ min: 1, max: 10_000 }).default(1000),
});

/** `/v1/streams` and everything below one stream. `{id}` is percent-encoded once more. */
export function addStreams(app: FastifyInstance, services: ServicesSource): void {
  app.get('/v1/streams', async (request) => {
    const { directory } = services();
    const grant = grantOfRequest(request);
    const { match, limit, after } = checkInput(listQuery, request.query);
    return listStreams(directory, {
      matches: compileGlob(match),
      sees: (id) => grant.sees(id),
      limit,
      after: after ?? null,
    });
  });

  app.get('/v1/streams/:id/history', async (request) => {
    const { from, to, limit } = checkInput(historyQuery, request.query);
    const { directory } = services();
    const id = shownStream(request, services);
    return directory.history(id, from, to, limit) ?? unknownStream(id);
  });

  app.get('/v1/streams/:id/forecast', async (request, reply) => {
    const id = shownStream(request, services);
    const forecast = services().directory.forecast(id);
    if (forecast === null) {
      throw new InklingError('ERR_NOT_FOUND', `Stream "${id}" has no forecast yet.`);
    }
    return reply.type('application/json; charset=utf-8').send(encodeItem(forecast));
  });

  app.get('/v1/streams/:id/state', async (request) => {
    const id = shownStream(request, services);
    return services().directory.state(id) ?? unknownStream(id);
  });

  app.delete('/v1/streams/:id', async (request, reply) => {
    const id = shownStream(request, services);
    requireWrite(grantOfRequest(request));
    await services().remove(id);
    return reply.code(204).send();
  });

  refuseOtherMethods(app, '/v1/streams', ['GET']);
  refuseOtherMethods(app, '/v1/streams/:id', ['DELETE']);
  for (const part of ['history', 'forecast', 'state']) {
    refuseOtherMethods(app, `/v1/streams/:id/${part}`, ['GET']);
  }
}

/** The id in the path; a stream that is hidden from the bearer is as unknown as one that is not. */
function shownStream(request: FastifyRequest, services: ServicesSource): string {
  const { id } = request.params as { id: string };
  const { directory } = services();
  if (!grantOfRequest(request).sees(id) || !directory.has(id)) return unknownStream(id);
  return id;
}

function unknownStream(id: string): never {
  throw new InklingError('ERR_UNKNOWN_STREAM', `There is no stream "${id}".`);
}
