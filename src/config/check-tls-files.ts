import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describeValue, type Finding } from './problem.ts';

/**
 * The files that `mqtt.ca`, `mqtt.cert` and `mqtt.key` name: there, readable, of the right kind,
 * and belonging together. Named beside a URL without TLS they would protect nothing, and that is told
 * too. Reads the file's plain data, as `checkReferences` does.
 */
export type FileReader = (path: string) => Uint8Array;

type TlsKey = 'ca' | 'cert' | 'key';

const tlsKeys: readonly TlsKey[] = ['ca', 'cert', 'key'];
const kinds: Readonly<Record<TlsKey, string>> = {
  ca: 'a PEM file with certificates',
  cert: 'a PEM file with a certificate',
  key: 'a PEM file with a private key without a passphrase',
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
};

/** `read` throws as `node:fs` does. Without it only the keys are looked at. */
export function checkTlsFiles(root: unknown, read: FileReader | undefined): Finding[] {
  const mqtt = mappingOf(mappingOf(root)['mqtt']);
  const named = tlsKeys.filter((key) => typeof mqtt[key] === 'string' && mqtt[key] !== '');
  if (named.length === 0) return [];
  const scheme = /^(\w+):/.exec(String(mqtt['url'] ?? ''))?.[1]?.toLowerCase();
  if (scheme === undefined) return [];
  if (scheme !== 'mqtts' && scheme !== 'wss') {
    const expected = 'no such key unless mqtt.url begins with mqtts:// or wss://';
    return named.map((key) => ({ ...fault(key, expected, mqtt[key]), at: 'key' }));
  }
  const lonely = lonelyKey(named);
  if (lonely !== null) {
    const other = lonely === 'cert' ? 'key' : 'cert';
    return [fault(lonely, `mqtt.${other} beside it`, mqtt[lonely])];
  }
  return read === undefined ? [] : checkContents(mqtt, named, read);
}

function lonelyKey(named: readonly TlsKey[]): 'cert' | 'key' | null {
  if (named.includes('cert') === named.includes('key')) return null;
  return named.includes('cert') ? 'cert' : 'key';
}

function checkContents(
  mqtt: Record<string, unknown>,
  named: readonly TlsKey[],
  read: FileReader,
): Finding[] {
  const contents = new Map<TlsKey, Buffer>();
  const findings: Finding[] = [];
  for (const key of named) {
    const problem = readInto(contents, key, String(mqtt[key]), read);
    if (problem === null) continue;
    const finding = fault(key, kinds[key], mqtt[key]);
    findings.push({ ...finding, got: `${finding.got}: ${problem}` });
  }
  const cert = contents.get('cert');
  const key = contents.get('key');
  if (cert && key && findings.length === 0 && !belongTogether(cert, key)) {
    findings.push(fault('key', 'the private key of mqtt.cert', mqtt['key']));
  }
  return findings;
}

/** Null, or what is wrong with the file. */
function readInto(
  contents: Map<TlsKey, Buffer>,
  key: TlsKey,
  path: string,
  read: FileReader,
): string | null {
  try {
    contents.set(key, Buffer.from(read(path)));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return reasons[code] ?? `it cannot be read: ${code}`;
  }
  try {
    if (key === 'key') createPrivateKey(contents.get(key)!);
    else new X509Certificate(contents.get(key)!);
    return null;
  } catch {
    return 'it holds something else';
  }
}

function belongTogether(cert: Buffer, key: Buffer): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

function fault(key: TlsKey, expected: string, value: unknown): Finding {
  const path = ['mqtt', key];
  return { path, at: 'value', expected, got: describeValue(value, path), hint: null };
}

function mappingOf(value: unknown): Record<string, unknown> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : {};
}
