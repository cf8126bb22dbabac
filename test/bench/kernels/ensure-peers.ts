/**
 * Brings the peers when we may: npm packages into scripts/peers, Debian's PyTorch as root. What
 * cannot be had is named with a reason, and the bench goes on without it.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PYTHON } from './engine-process.ts';
import { PEERS_FOLDER } from './peer-modules.ts';

const NPM_MILLISECONDS = 240_000;
const APT_MILLISECONDS = 300_000;
const DEBIAN_PACKAGES = ['python3-torch', 'libopenblas0-pthread'];

/** The packages that each engine of scripts/peers stands on. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'tfjs-wasm': ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  brainjs: ['brain.js'],
  onnxruntime: ['onnxruntime-node'],
};

/** Does one product and prints the libraries that are loaded by then. */
const TORCH_PROBE =
  'import torch; torch.ones(2, 2) @ torch.ones(2, 2); print(open("/proc/self/maps").read())';

/** Installs what is missing; returns why an engine cannot be measured, by its name. */
export function ensurePeers(say: (line: string) => void): Map<string, string> {
  const reasons = ensurePackages(say);
  const reason = ensureTorch(say);
  if (reason !== null) reasons.set('pytorch', reason);
  return reasons;
}

function ensurePackages(say: (line: string) => void): Map<string, string> {
  let output = '';
  if (Object.keys(PACKAGES).some((engine) => missingPackages(engine).length > 0)) {
    say('Installing the peers of scripts/peers …');
    const { stderr, error } = spawnSync(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
      { cwd: PEERS_FOLDER, encoding: 'utf8', timeout: NPM_MILLISECONDS },
    );
    output = errorLine(error?.message ?? stderr);
  }
  const reasons = new Map<string, string>();
  for (const engine of Object.keys(PACKAGES)) {
    const missing = missingPackages(engine);
    if (missing.length > 0) {
      reasons.set(engine, `npm could not install ${missing.join(', ')}: ${output}`);
    }
  }
  return reasons;
}

/** An engine's packages that are not there in the version that scripts/peers/package.json wants. */
function missingPackages(engine: string): string[] {
  const { dependencies } = readJson(join(PEERS_FOLDER, 'package.json'));
  return PACKAGES[engine]!.filter((name) => {
    const file = join(PEERS_FOLDER, 'node_modules', name, 'package.json');
    return !existsSync(file) || readJson(file).version !== dependencies?.[name];
  });
}

function ensureTorch(say: (line: string) => void): string | null {
  const before = probeTorch();
  if (before === null) return null;
  if (process.getuid?.() !== 0) return `${before}, and installing it takes root`;
  if (!existsSync('/usr/bin/apt-get')) return `${before}, and there is no apt-get`;
  say(`Installing ${DEBIAN_PACKAGES.join(' and ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: string[]) =>
    spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: APT_MILLISECONDS });
  const install = () => aptGet('install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES);
  let result = install();
  if (result.status !== 0) {
    // The list of packages may be old or empty.
    aptGet('update');
    result = install();
  }
  const after = probeTorch();
  if (after === null || result.status === 0) return after;
  return `${after}, and apt-get could not bring it: ${errorLine(result.stderr ?? '')}`;
}

/** Null when PyTorch is there and computes with OpenBLAS. */
function probeTorch(): string | null {
  const { status, stdout } = spawnSync(PYTHON, ['-c', TORCH_PROBE], { encoding: 'utf8' });
  if (status !== 0) return `${PYTHON} has no PyTorch`;
  return usesOpenBlas(stdout) ? null : 'PyTorch is there, but not with OpenBLAS: no fair peer';
}

/** Whether the memory map of a process, as in /proc/self/maps, shows OpenBLAS. */
export function usesOpenBlas(maps: string): boolean {
  return /\/libopenblas[^/\s]*\.so/.test(maps);
}

/** The first line in which npm or apt-get names an error. */
function errorLine(text: string): string {
  return text.split('\n').find((line) => /error|^E:/i.test(line)) ?? 'it gave no reason';
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8')) as {
    readonly version?: string;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
}
