import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../src/adapters/http/problem.ts';
import { InklingError } from '../../../src/protocol/errors.ts';

describe('problemOf', () => {
  it('tells our own errors with code, status, message and hint', () => {
    const error = new InklingError('ERR_UNKNOWN_STREAM', 'There is no stream "a".', 'Perhaps "b".');
    expect(problemOf(error)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no stream "a". Perhaps "b".',
      code: 'ERR_UNKNOWN_STREAM',
    });
  });

  it('gives nothing away of a failure inside', () => {
    for (const error of [new Error('password is hunter2'), new TypeError('x is undefined'), 7]) {
      const problem = problemOf(error);
      expect(problem).toMatchObject({ status: 500, code: 'ERR_INTERNAL' });
      expect(problem.detail).not.toMatch(/hunter2|undefined/);
    }
  });

  it('keeps the status of what the framework refuses', () => {
    const error = Object.assign(new Error('Body is too large'), {
      code: 'FST_ERR_CTP_BODY_TOO_LARGE',
      statusCode: 413,
    });
    expect(problemOf(error)).toMatchObject({ status: 413, code: 'ERR_MESSAGE_TOO_BIG' });
    const long = Object.assign(new Error('too long'), { statusCode: 414 });
    expect(problemOf(long)).toMatchObject({ status: 414, code: 'ERR_REQUEST_INVALID' });
  });
});
