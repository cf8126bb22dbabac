import { sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createProblem, sendProblem } from './problem.ts';
import { refuseOtherMethods } from './refuse-methods.ts';

/** Nothing but our own files runs, and nothing may frame the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_FOUND_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not found · Inkling</title></head>
<body><h1>There is nothing here</h1><p><a href="/">Back to the live view</a></p></body></html>
`;

/** The files of the built page. They are looked up at each request, so they may be built later. */
export async function addPage(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory !== null) {
    await app.register(fastifyStatic, {
      root: directory,
      index: ['index.html'],
      cacheControl: false,
      setHeaders: (response, path) => {
        // The build puts a digest of its content into the name of every asset.
        const immutable = path.includes(`${sep}assets${sep}`);
        const caching = immutable ? 'public, max-age=31536000, immutable' : 'no-cache';
        response.setHeader('cache-control', caching);
        response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
        response.setHeader('cross-origin-opener-policy', 'same-origin');
      },
    });
  }
  refuseOtherMethods(app, '/', ['GET']);
  app.setNotFoundHandler(answerNotFound);
}

function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]!;
  const isPage = !path.startsWith('/v1/') && (request.headers.accept ?? '').includes('text/html');
  if (!isPage) return sendProblem(reply, createProblem('ERR_NOT_FOUND', `There is no ${path}.`));
  return reply
    .code(404)
    .headers({ 'cache-control': 'no-cache', 'content-security-policy': "default-src 'none'" })
    .type('text/html; charset=utf-8')
    .send(NOT_FOUND_PAGE);
}
