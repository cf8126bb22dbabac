import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, InklingError, statusOf } from '../../protocol/errors.ts';

/** Every failure over HTTP: RFC 9457, with our code beside the standard's members. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
}

export const PROBLEM_TYPE = 'application/problem+json';

export function createProblem(code: ErrorCode, detail: string, status = statusOf(code)): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header('retry-after', '1');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="inkling"');
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem));
}

/** Errors of the framework that have a code of ours. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_MESSAGE_TOO_BIG',
  FST_ERR_CTP_INVALID_JSON_BODY: 'ERR_NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'ERR_NOT_JSON',
};

/** The problem behind anything thrown; what is our own fault is told without its inner message. */
export function problemOf(error: unknown): Problem {
  if (error instanceof InklingError) {
    const detail = error.hint === null ? error.message : `${error.message} ${error.hint}`;
    return createProblem(error.code, detail);
  }
  const { code = '', statusCode = 500, message = '' } = error as Partial<FastifyError>;
  const known = frameworkCodes[code];
  if (known === 'ERR_NOT_JSON') return createProblem(known, 'Expected a JSON body.');
  if (known !== undefined) return createProblem(known, sentence(message));
  if (statusCode < 400 || statusCode >= 500) {
    return createProblem(
      'ERR_INTERNAL',
      'The request failed for a reason of our own: see the log.',
    );
  }
  // The parser's own complaints about a body come without a code.
  if (error instanceof SyntaxError) return createProblem('ERR_NOT_JSON', sentence(message));
  if (statusCode === 415) {
    const detail = 'Expected Content-Type: application/json.';
    return createProblem('ERR_REQUEST_INVALID', detail, statusCode);
  }
  return createProblem('ERR_REQUEST_INVALID', sentence(message), statusCode);
}

/** Answers whatever a route throws. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.code === 'ERR_INTERNAL') request.log.error({ err: error }, 'A request failed.');
  sendProblem(reply, problem);
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
