import type { FastifyInstance } from 'fastify';
import { createProblem, sendProblem } from './problem.ts';
import { refuseOtherMethods } from './refuse-methods.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What is still missing, or worth knowing although the service is ready. */
  readonly reasons: readonly string[];
}

/** `/livez`: the process answers. `/readyz`: it takes readings and shows forecasts. */
export function addHealth(app: FastifyInstance, readiness: () => Readiness): void {
  app.get('/livez', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ live: true }),
  );
  app.get('/readyz', (_request, reply) => {
    const { ready, reasons } = readiness();
    if (ready) return reply.header('cache-control', 'no-store').send({ ready, reasons });
    const problem = createProblem('ERR_NOT_READY', 'The service is not ready.');
    return sendProblem(reply, { ...problem, ready, reasons } as typeof problem);
  });
  refuseOtherMethods(app, '/livez', ['GET']);
  refuseOtherMethods(app, '/readyz', ['GET']);
}
