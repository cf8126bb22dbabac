import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { refuseOtherMethods } from './refuse-methods.ts';

/** `/metrics` for Prometheus. */
export function addMetricsPage(app: FastifyInstance, registry: Registry): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await registry.metrics();
    return reply.header('cache-control', 'no-store').type(registry.contentType).send(text);
  });
  refuseOtherMethods(app, '/metrics', ['GET']);
}
