import { ErrorWithReasonCode } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { connectionProblem } from '../../../src/adapters/mqtt/connection-problem.ts';

const coded = (code: string, message = 'some words') => Object.assign(new Error(message), { code });

describe('connectionProblem', () => {
  it.each([4, 5, 134, 135])('points at the credentials for code %i', (code) => {
    const error = new ErrorWithReasonCode('Connection refused: Not authorized', code);
    expect(connectionProblem(error)).toMatch(/Not authorized \(mqtt.username and mqtt.password/);
  });

  it('leaves other refusals in the words of the protocol', () => {
    const error = new ErrorWithReasonCode('Connection refused: Server busy', 137);
    expect(connectionProblem(error)).toBe('Connection refused: Server busy');
  });

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /not trusted.*mqtt\.ca/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not trusted.*mqtt\.ca/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /mqtt\.cert and mqtt\.key/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /mqtt\.cert and mqtt\.key/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /no TLS at this port/],
    ['ECONNRESET', /^some words$/],
  ])('explains %s', (code, words) => {
    expect(connectionProblem(coded(code))).toMatch(words);
  });

  it('has a word for an error without one', () => {
    expect(connectionProblem(coded('ECONNREFUSED', ''))).toBe('ECONNREFUSED');
    expect(connectionProblem(new Error(''))).toBe('unknown error');
  });
});
