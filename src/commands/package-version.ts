import { readFileSync } from 'node:fs';

/** Inkling's version, from the package itself, so that it is told in one place only. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return (manifest as { version: string }).version;
}
