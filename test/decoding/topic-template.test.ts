import { describe, expect, it } from 'vitest';
import { compileTopic, topicMatches } from '../../src/decoding/topic-template.ts';
import { InklingError } from '../../src/protocol/errors.ts';

describe('compileTopic', () => {
  it('names the levels of the topic and subscribes with plain wildcards', () => {
    const topic = compileTopic('plant/+site/+device/telemetry');
    expect(topic.filter).toBe('plant/+/+/telemetry');
    expect(topic.names).toEqual(['site', 'device']);
    expect(topic.match('plant/oslo/pump-1/telemetry')).toEqual({ site: 'oslo', device: 'pump-1' });
    expect(topic.match('plant/oslo/pump-1/status')).toBeNull();
    expect(topic.match('plant/oslo/telemetry')).toBeNull();
    expect(topic.match('plant/oslo/pump-1/telemetry/x')).toBeNull();
  });

  it('gives a named # the rest of the topic, which may be none', () => {
    const topic = compileTopic('plant/+site/#rest');
    expect(topic.filter).toBe('plant/+/#');
    expect(topic.match('plant/oslo/a/b')).toEqual({ site: 'oslo', rest: 'a/b' });
    expect(topic.match('plant/oslo')).toEqual({ site: 'oslo', rest: '' });
    expect(topic.match('plant')).toBeNull();
  });

  it('matches plain wildcards without labels', () => {
    expect(compileTopic('#').match('a/b')).toEqual({});
    expect(compileTopic('+/b').match('a/b')).toEqual({});
    expect(compileTopic('a/b').match('a/b')).toEqual({});
  });

  it('keeps names of object properties harmless', () => {
    const labels = compileTopic('+constructor/x').match('a/x')!;
    expect(Object.entries(labels)).toEqual([['constructor', 'a']]);
  });

  it.each([
    ['', 'it is empty'],
    ['a/b+', 'a wildcard must be a level of its own, got "b+"'],
    ['a/b#/c', 'a wildcard must be a level of its own, got "b#"'],
    ['#/a', '"#" must be the last level'],
    ['#rest/a', '"#rest" must be the last level'],
    ['+1st/a', 'got "1st"'],
    ['+__proto__', 'got "__proto__"'],
    ['++', 'got "+"'],
    ['+x/+x', 'the name "x" is used twice'],
    ['+topic/a', 'the name "topic" has a meaning of its own'],
    ['+key', 'the name "key" has a meaning of its own'],
    ['$share/group/a', 'shared subscriptions'],
    ['a\u0000b', 'NUL'],
    ['a'.repeat(65_536), 'it is longer than 65535 characters'],
  ])('refuses %.20j', (text, reason) => {
    const compile = () => compileTopic(text);
    expect(compile).toThrow(InklingError);
    expect(compile).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    expect(compile).toThrow(reason);
  });
});

describe('topicMatches', () => {
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport', true],
    ['#', '/', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/broker/load', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/monitor/Clients', true],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['a/$x', 'a/$x', true],
    ['+/b', 'a/b', true],
    ['a/+', 'a/$x', true],
    ['ACCOUNTS', 'accounts', false],
  ])('says of the filter %s and the topic %s: %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
    expect(compileTopic(filter).match(topic) !== null).toBe(expected);
  });
});
