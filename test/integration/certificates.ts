import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority and what it signed, as files that live as long as a test. */
export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** A new certificate for this name (also valid for 127.0.0.1) and its key; paths. */
  issue(name: string): { readonly cert: string; readonly key: string };
  remove(): void;
}

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'inkling-certificates-'));
  const at = (name: string) => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const openssl = (...parameters: string[]) =>
    execFileSync('openssl', parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ca = at('ca.pem');
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Test authority'],
    ...['-keyout', at('ca.key'), '-out', ca],
  );
  return {
    ca,
    issue(name) {
      const [request, extensions, cert, key] = ['csr', 'ext', 'pem', 'key'].map((ending) =>
        at(`${name}.${ending}`),
      ) as [string, string, string, string];
      openssl(...['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
      writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
      openssl(
        ...['x509', '-req', '-in', request, '-days', '2', '-extfile', extensions],
        ...['-CA', ca, '-CAkey', at('ca.key'), '-CAcreateserial', '-out', cert],
      );
      return { cert, key };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
