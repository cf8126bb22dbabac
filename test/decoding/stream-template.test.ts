import { describe, expect, it } from 'vitest';
import { compileStreamTemplate } from '../../src/decoding/stream-template.ts';

const plain = { wildcards: ['site', 'device', 'rest'], tagsAllowed: false };
const labels = { site: 'oslo', device: 'pump 1', rest: 'a/b' };

function render(template: string, key: string, values: Record<string, string> = labels) {
  return compileStreamTemplate(template, plain).at('plant/x', values)(key);
}

describe('compileStreamTemplate', () => {
  it.each([
    ['{topic}/{key}', 'a.b', 'plant/x/a.b'],
    ['{topic}/{key}', '', 'plant/x'],
    ['{site}/{device}/{key}', 'temp', 'oslo/pump%201/temp'],
    ['{site}/{device}/{key}', '', 'oslo/pump%201'],
    ['{key}/{site}', '', 'oslo'],
    ['{site}/{key}/{device}', '', 'oslo/pump%201'],
    ['{site}/{key}/{device}', 'temp', 'oslo/temp/pump%201'],
    ['{site}-{device}/{rest}', 'ignored', 'oslo-pump%201/a/b'],
    ['x {site}/val-{key}', 'temp', 'x%20oslo/val-temp'],
    ['x {site}/val-{key}', '', 'x%20oslo/val-'],
    ['{topic}', 'ignored', 'plant/x'],
    ['all/{key}', "$&$'", "all/$&$'"],
  ])('puts %s with the key %j together as %s', (template, key, id) => {
    expect(render(template, key)).toBe(id);
  });

  it('lets a level vanish whose placeholder is empty', () => {
    expect(render('{site}/{rest}/{key}', 'v', { site: 'oslo', rest: '' })).toBe('oslo/v');
  });

  it('brings parts to NFC that only compose together', () => {
    expect(render('e{key}', '\u0301')).toBe('é');
    expect(render('{site}{key}', '\u0301', { site: 'e' })).toBe('é');
    expect(render('{site}/{key}', '\u0301')).toBe('oslo/\u0301');
  });

  it('gives no id when nothing is left or it grows beyond 1,024 characters', () => {
    expect(render('{key}', '')).toBeNull();
    expect(render('{topic}/{key}', 'k'.repeat(1_017))).toBeNull();
    expect(render('{topic}/{key}', 'k'.repeat(1_016))).toHaveLength(1_024);
  });

  it('treats the common template as it treats all others', () => {
    for (const topic of ['a', 'a/b c', '/ü', 'x'.repeat(1_024)]) {
      for (const key of ['', 'k', 'k.l']) {
        const common = compileStreamTemplate('{topic}/{key}', plain).at(topic, {})(key);
        const general = compileStreamTemplate('{topic}/{key}/{rest}', plain).at(topic, {})(key);
        expect(common).toBe(general);
      }
    }
  });

  it('takes names that no topic gives as tags, where those may come', () => {
    const template = compileStreamTemplate('{site}/{host}/{key}', { ...plain, tagsAllowed: true });
    expect(template.tagNames).toEqual(['host']);
    expect(template.at('t', { site: 'oslo', host: 'a/b' })('cpu.load')).toBe('oslo/a%2Fb/cpu.load');
    expect(template.at('t', { site: 'oslo' })('cpu.load')).toBe('oslo/cpu.load');
  });

  it.each([
    ['', 'every reading would be the same stream'],
    ['plant', 'every reading would be the same stream'],
    ['{topic}/{ky}', '{ky} is not named by all of its topics; known are {topic}, {key}, {site}'],
    ['{topic}/{}', '{} is not named'],
    ['{key}/{key}', '{key} may stand once'],
    ['{topic}/{key', 'a brace has no partner'],
    ['{topic}}/{key}', 'a brace has no partner'],
    ['{topic}/{__proto__}', '{__proto__} is not named'],
  ])('refuses %j', (template, reason) => {
    const compile = () => compileStreamTemplate(template, plain);
    expect(compile).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    expect(compile).toThrow(reason);
  });
});
