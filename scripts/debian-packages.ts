import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that tests need and npm does not bring. */
export interface DebianPackage {
  readonly name: string;
  /** What it puts on the path. */
  readonly command: string;
}

/**
 * Installs what is missing when we may (root, apt-get); nothing else is touched. Returns the names
 * of the packages that are still missing.
 */
export function ensureDebianPackages(packages: readonly DebianPackage[]): string[] {
  const missing = packages.filter(({ command }) => !isOnPath(command));
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && isOnPath('apt-get') && !install(names)) {
    // The list of packages may be old or empty.
    aptGet(['update']);
    install(names);
  }
  return missing.filter(({ command }) => !isOnPath(command)).map(({ name }) => name);
}

function install(names: readonly string[]): boolean {
  return aptGet(['install', '-y', '--no-install-recommends', ...names]);
}

function aptGet(parameters: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', parameters, { env, stdio: 'inherit' }).status === 0;
}

function isOnPath(command: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
