import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionFile } from '../../../src/adapters/mqtt/session-file.ts';

const key = { broker: 'mqtt://b:1883', clientId: 'inkling' };
let folder: string;
let path: string;
const warnings: string[] = [];
const log = { info() {}, warn: (_: object, message: string) => warnings.push(message), error() {} };
const open = (of = key, at: string | null = path) => new SessionFile(at, of, log);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkling-session-'));
  path = join(folder, 'mqtt-session.json');
  warnings.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('SessionFile', () => {
  it('remembers added filters beside old ones until they are settled', () => {
    open().add(['a', 'b/#']);
    const later = open();
    later.add(['b/#', 'c']);
    expect(open().filters).toEqual(['a', 'b/#', 'c']);
    later.settle(['b/#', 'c']);
    expect(open().filters).toEqual(['b/#', 'c']);
    expect(readdirSync(folder)).toEqual(['mqtt-session.json']);
    expect(warnings).toEqual([]);
  });

  it('keeps brokers and client ids apart', () => {
    open().settle(['a']);
    open({ ...key, clientId: 'other' }).settle(['b']);
    open({ ...key, broker: 'mqtt://c:1883' }).settle(['c']);
    expect(open().filters).toEqual(['a']);
    expect(open({ ...key, clientId: 'other' }).filters).toEqual(['b']);
  });

  it('forgets the sessions that changed longest ago beyond sixteen', () => {
    for (let n = 0; n < 20; n++) open({ ...key, clientId: `${n}` }).settle(['a']);
    expect(open({ ...key, clientId: '3' }).filters).toEqual([]);
    expect(open({ ...key, clientId: '4' }).filters).toEqual(['a']);
  });

  it('does not write what is there already', () => {
    open().settle(['a', 'b']);
    writeFileSync(path, `${readFileSync(path, 'utf8')} `);
    open().add(['b']);
    open().settle(['b', 'a']);
    expect(readFileSync(path, 'utf8').endsWith(' ')).toBe(true);
  });

  it.each(['', '{', '[]', '{"version":2,"sessions":[]}', '{"version":1,"sessions":[{}]}'])(
    'says that it cannot read %j, and begins anew',
    (text) => {
      writeFileSync(path, text);
      const session = open();
      expect(session.filters).toEqual([]);
      expect(warnings).toHaveLength(1);
      session.add(['a']);
      expect(open().filters).toEqual(['a']);
    },
  );

  it('goes on when it cannot write', () => {
    const session = open(key, join(folder, 'missing', 'file.json'));
    session.add(['a']);
    expect(session.filters).toEqual(['a']);
    expect(warnings).toHaveLength(1);
  });

  it('keeps to itself without a path', () => {
    const session = open(key, null);
    session.add(['a']);
    expect(session.filters).toEqual(['a']);
    expect(readdirSync(folder)).toEqual([]);
  });
});
