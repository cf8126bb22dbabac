import type { FastifyInstance, HTTPMethods } from 'fastify';
import { InklingError } from '../../protocol/errors.ts';

const methods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

/** Answers 405 to every method of a resource but those it has; GET brings HEAD with it. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly HTTPMethods[],
): void {
  const has = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
  const allow = has.join(', ');
  app.route({
    method: methods.filter((method) => !has.includes(method)),
    url,
    // Before the body is read: its type and size do not matter here.
    onRequest: async (request, reply) => {
      reply.header('allow', allow);
      const detail = `Expected one of ${allow} on ${url}, got ${request.method}.`;
      throw new InklingError('ERR_METHOD', detail);
    },
    handler: () => undefined,
  });
}
