import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Grant } from '../../pipeline/access.ts';
import {
  isHostAllowed,
  isLoopback,
  isOriginAllowed,
  type OriginRules,
} from '../../pipeline/origin.ts';
import { InklingError } from '../../protocol/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the bearer may do; null on paths that need no token. */
    grant: Grant | null;
  }
}

export interface GuardOptions {
  readonly access: Access;
  readonly origins: OriginRules;
  /** The address listened on. */
  readonly host: string;
}

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];
const operatorPaths = ['/livez', '/readyz', '/metrics'];

/**
 * Looks at every request before anything else does: is the host ours, may this page change
 * anything here, and whose token is it?
 */
export function guardRequests(app: FastifyInstance, options: GuardOptions): void {
  app.decorateRequest('grant', null);
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const { host, origin } = request.headers;
    if (!isHostAllowed(host, options.origins)) {
      throw new InklingError('ERR_ORIGIN', `This service is not ${host}.`);
    }
    if (!safeMethods.includes(request.method) && !isOriginAllowed(origin, host, options.origins)) {
      const detail = `Pages of ${origin} may not change anything here: see http.origins.`;
      throw new InklingError('ERR_ORIGIN', detail);
    }
    const path = request.url.split('?', 1)[0]!;
    if (needsToken(path, options.host)) request.grant = grantOf(request, options.access);
  });
}

/** The page is open: it asks for the token itself. Probes are open to this machine. */
function needsToken(path: string, host: string): boolean {
  return path.startsWith('/v1/') || (operatorPaths.includes(path) && !isLoopback(host));
}

function grantOf(request: FastifyRequest, access: Access): Grant {
  if (access.open !== null) return access.open;
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme.toLowerCase() !== 'bearer' || token === '') {
    throw new InklingError(
      'ERR_UNAUTHORISED',
      'Expected the header Authorization: Bearer <token>.',
    );
  }
  const grant = access.authorise(token);
  if (grant === null) throw new InklingError('ERR_UNAUTHORISED', 'This token is not known.');
  return grant;
}

/** The grant of a request that needed one. */
export function grantOfRequest(request: FastifyRequest): Grant {
  if (request.grant === null) throw new InklingError('ERR_UNAUTHORISED', 'Expected a token.');
  return request.grant;
}

/** Refuses a token that may only read. */
export function requireWrite(grant: Grant): void {
  if (!grant.write) throw new InklingError('ERR_FORBIDDEN', 'This token may not change anything.');
}
