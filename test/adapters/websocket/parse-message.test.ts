import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../src/adapters/websocket/parse-message.ts';

function problemOf(message: unknown) {
  const parsed = parseMessage(JSON.stringify(message));
  expect(parsed.kind).toBe('problem');
  return parsed.kind === 'problem' ? parsed.problem : null;
}

describe('parseMessage', () => {
  it('tells JSON that is no request from what is no JSON', () => {
    expect(parseMessage('{').kind).toBe('not-json');
    expect(parseMessage('').kind).toBe('not-json');
    for (const value of [null, 1, 'ping', [], {}]) expect(problemOf(value)).not.toBeNull();
  });

  it('says what was expected, what came, and what may have been meant', () => {
    const subscribe = { id: 7, type: 'subscribe', streams: ['**'] };
    expect(problemOf({ ...subscribe, type: 'Subscibe' })).toMatchObject({
      id: 7,
      hint: 'did you mean "subscribe"?',
    });
    expect(problemOf({ ...subscribe, kinds: ['forcast'] })).toEqual({
      id: 7,
      code: 'ERR_REQUEST_INVALID',
      message:
        'Expected kinds.0 to be one of reading, forecast, anomaly, alert, model, got "forcast".',
      hint: 'did you mean "forecast"?',
    });
    expect(problemOf({ ...subscribe, snapshots: true })).toMatchObject({
      hint: 'did you mean "snapshot"?',
    });
    expect(problemOf({ ...subscribe, resume: { epoch: 'a', ofset: 1, offset: 1 } })).toMatchObject({
      message: 'Expected only the keys epoch, offset, got "resume.ofset".',
      hint: 'did you mean "offset"?',
    });
    expect(problemOf({ ...subscribe, history: 5000 })?.message).toBe(
      'Expected history to be at most 1000, got 5000.',
    );
    expect(problemOf({ ...subscribe, streams: '**' })?.message).toBe(
      'Expected streams to be of type array, got "**".',
    );
    expect(problemOf({ type: 'subscribe' })?.message).toBe(
      'Expected streams to be of type array, got nothing.',
    );
    expect(problemOf({ type: 'weather' })?.hint).toBeNull();
    expect(problemOf({ type: 'toString' })?.message).toContain('got "toString"');
  });

  it('repeats no more than a little of what came', () => {
    expect(problemOf({ type: 'x'.repeat(10_000) })!.message.length).toBeLessThan(250);
  });

  it('never throws, whatever text comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['message', 'problem', 'not-json']).toContain(parseMessage(text).kind);
      }),
    );
  });
});
