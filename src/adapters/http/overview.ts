import type { FastifyInstance } from 'fastify';
import { InklingError } from '../../protocol/errors.ts';
import { WEBSOCKET_PATH } from '../../protocol/limits.ts';
import { grantOfRequest } from './guard.ts';
import { refuseOtherMethods } from './refuse-methods.ts';
import type { ServicesSource } from './services.ts';

/** `/v1/models`, `/v1/rejections`, and what a plain request to the WebSocket's path is told. */
export function addOverview(app: FastifyInstance, services: ServicesSource): void {
  app.get('/v1/models', async () => ({ models: services().directory.models() }));

  app.get('/v1/rejections', async (request) => {
    const { rejections } = services();
    // A rejected payload belongs to no stream yet, so it is shown only to who may see all.
    if (!grantOfRequest(request).seesAll) {
      throw new InklingError('ERR_FORBIDDEN', 'This token may not see rejected payloads.');
    }
    return { rejections: rejections() };
  });

  app.get(WEBSOCKET_PATH, async () => {
    throw new InklingError('ERR_REQUEST_INVALID', 'Expected a WebSocket upgrade on this path.');
  });

  for (const path of ['/v1/models', '/v1/rejections']) refuseOtherMethods(app, path, ['GET']);
}
