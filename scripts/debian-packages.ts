import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that tests need and npm does not bring. */
export interface DebianPackage {
  readonly name: string;
  /** A program it brings. */
  readonly command: string;
}

/** Debian asks this script whether a package may start its services; 101 is its word for no. */
const servicePolicy = '/usr/sbin/policy-rc.d';
/** Where Debian keeps servers; not on everybody's path. */
const serverFolders = ['/usr/sbin', '/sbin'];

/**
 * Installs what is missing when we may (root, apt-get), without starting its services; nothing else
 * is touched. Returns the names of the packages that are still missing.
 */
export function ensureDebianPackages(packages: readonly DebianPackage[]): string[] {
  const missing = packages.filter(({ command }) => !isInstalled(command));
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && isInstalled('apt-get') && !install(names)) {
    // The list of packages may be old or empty.
    aptGet(['update']);
    install(names);
  }
  return missing.filter(({ command }) => !isInstalled(command)).map(({ name }) => name);
}

function install(names: readonly string[]): boolean {
  return withoutServices(() => aptGet(['install', '-y', '--no-install-recommends', ...names]));
}

/** A policy that is already there is the machine's own, and stays. */
function withoutServices<T>(action: () => T): T {
  if (existsSync(servicePolicy)) return action();
  writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return action();
  } finally {
    rmSync(servicePolicy, { force: true });
  }
}

function aptGet(parameters: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', parameters, { env, stdio: 'inherit' }).status === 0;
}

function isInstalled(command: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, ...serverFolders].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
