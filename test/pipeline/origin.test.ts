import { describe, expect, it } from 'vitest';
import {
  isHostAllowed,
  isLoopback,
  isOriginAllowed,
  originRules,
} from '../../src/pipeline/origin.ts';

const rules = originRules({
  host: '127.0.0.1',
  hasTokens: false,
  origins: ['https://plant.example'],
});

describe('origins', () => {
  it('allows programs, our own page and what is configured, and nothing else', () => {
    const host = '127.0.0.1:8080';
    for (const origin of [undefined, 'http://127.0.0.1:8080', 'https://Plant.example']) {
      expect([origin, isOriginAllowed(origin, host, rules)]).toEqual([origin, true]);
    }
    for (const origin of [
      'null',
      '',
      'http://127.0.0.1',
      'http://127.0.0.1:8081',
      'http://localhost:8080',
      'https://plant.example.evil.example',
      'http://plant.example',
    ]) {
      expect([origin, isOriginAllowed(origin, host, rules)]).toEqual([origin, false]);
    }
  });

  it('takes the standard port as the same with and without saying so', () => {
    expect(isOriginAllowed('https://a.example', 'a.example:443', rules)).toBe(true);
    expect(isOriginAllowed('http://a.example', undefined, rules)).toBe(false);
  });
});

describe('hosts', () => {
  it('answers to names of this machine and of configured origins only, on loopback without tokens', () => {
    for (const host of [
      'localhost',
      'LOCALHOST:8080',
      '127.0.0.1:1',
      '[::1]:80',
      'plant.example',
    ]) {
      expect([host, isHostAllowed(host, rules)]).toEqual([host, true]);
    }
    for (const host of ['evil.example:8080', '127.0.0.1.evil.example', 'a b', '']) {
      expect([host, isHostAllowed(host, rules)]).toEqual([host, false]);
    }
  });

  it('answers to any name where tokens protect it, or beyond loopback', () => {
    const withTokens = originRules({ host: '127.0.0.1', hasTokens: true, origins: [] });
    const beyond = originRules({ host: '0.0.0.0', hasTokens: false, origins: [] });
    expect(isHostAllowed('anything', withTokens)).toBe(true);
    expect(isHostAllowed('anything', beyond)).toBe(true);
  });

  it('knows loopback when it sees it', () => {
    const loopback = ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'];
    expect(loopback.filter(isLoopback)).toEqual(loopback);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].filter(isLoopback)).toEqual([]);
  });
});
