import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read-configuration.ts';
import { type Authority, createAuthority } from '../integration/certificates.ts';

let authority: Authority;
let folder: string;

beforeAll(() => {
  authority = createAuthority();
  folder = dirname(authority.ca);
  authority.issue('ours');
  authority.issue('other');
  writeFileSync(join(folder, 'words.txt'), 'neither certificate nor key');
  mkdirSync(join(folder, 'folder'));
});
afterAll(() => authority.remove());

function problemsOf(mqtt: string): string[] {
  const { problems } = readConfiguration({
    file: 'c.yaml',
    text: `mqtt: { ${mqtt} }`,
    environment: {},
    readFile: (path) => readFileSync(join(folder, path)),
  });
  return (problems ?? []).map(formatProblem);
}

describe('the files of mqtt.ca, mqtt.cert and mqtt.key', () => {
  it('are taken when they are what they should be', () => {
    expect(problemsOf('url: mqtts://b, ca: ca.pem')).toEqual([]);
    expect(problemsOf('url: wss://b, ca: ca.pem, cert: ours.pem, key: ours.key')).toEqual([]);
  });

  it('are named with their key when they are not there', () => {
    expect(problemsOf('url: mqtts://b, ca: missing.pem, cert: folder, key: ours.key')).toEqual([
      'c.yaml:1: mqtt.ca: expected a PEM file with certificates, got "missing.pem": there is no such file',
      'c.yaml:1: mqtt.cert: expected a PEM file with a certificate, got "folder": it is a folder',
    ]);
  });

  it.each(['ca', 'cert', 'key'])('must not hold something else (%s)', (name) => {
    const good = { ca: 'ca.pem', cert: 'ours.pem', key: 'ours.key' };
    const entries = Object.entries({ ...good, [name]: 'words.txt' });
    const mqtt = entries.map(([entry, path]) => `${entry}: ${path}`).join(', ');
    const problems = problemsOf(`url: mqtts://b, ${mqtt}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      new RegExp(`mqtt\\.${name}: expected a PEM file with .*"words\\.txt": it holds something`),
    );
  });

  it('belong together', () => {
    expect(problemsOf('url: mqtts://b, cert: ours.pem, key: other.key')).toEqual([
      'c.yaml:1: mqtt.key: expected the private key of mqtt.cert, got "other.key"',
    ]);
    expect(problemsOf('url: mqtts://b, cert: ours.pem')).toEqual([
      'c.yaml:1: mqtt.cert: expected mqtt.key beside it, got "ours.pem"',
    ]);
  });

  it('are refused beside a URL without TLS, where they would protect nothing', () => {
    expect(problemsOf('url: mqtt://b, ca: ca.pem')).toEqual([
      'c.yaml:1: mqtt.ca: expected no such key unless mqtt.url begins with mqtts:// or wss://, got "ca.pem"',
    ]);
  });
});
