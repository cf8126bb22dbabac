import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Logger } from '../../pipeline/ports.ts';
import { InklingError } from '../../protocol/errors.ts';

/**
 * The page as the service needs it at its start: built from its sources when dist/ is missing or
 * was made from others. dist/ carries a digest of the sources it was made from, so that touched
 * files, checkouts and copied folders are judged by content, not by time.
 *
 *   sources ─digest─▶ equal to dist/.made-from? ─yes─▶ done
 *                      └─no─▶ Vite in a child process ─▶ dist-<id>.tmp ─rename─▶ dist
 *
 * Building beside dist/ and renaming lets two processes start at once: each makes a whole folder,
 * and the one that comes second finds the first one's and throws its own away.
 */
export interface PageBuildOptions {
  /** Absolute path of the project: the folder of package.json. */
  readonly projectDir: string;
  readonly log: Logger;
}

/** `dir` is the absolute folder to serve; `built` tells whether this call made it. */
export interface PageBuild {
  readonly built: boolean;
  readonly dir: string;
}

const sourceFolders = ['src/dashboard', 'src/client', 'src/protocol'];
const sourceFiles = ['config/vite.config.ts', 'package-lock.json'];
const markName = '.made-from';
const buildMsMax = 120_000;
const outputBytesMax = 1024 * 1024;
/** A folder of an interrupted build is removed once it is surely nobody's. */
const leftoverMsMin = 600_000;
const swapsMax = 5;

/**
 * Resolves with the page's folder. Without sources, as in an image that carries dist/ alone, dist/
 * is taken as it is. Rejects with ERR_PAGE_BUILD when there is neither, or when the build fails.
 */
export async function ensurePage({ projectDir, log }: PageBuildOptions): Promise<PageBuild> {
  const dir = join(projectDir, 'dist');
  if (!existsSync(join(projectDir, 'src/dashboard/index.html'))) {
    if (existsSync(join(dir, 'index.html'))) return { built: false, dir };
    throw new InklingError('ERR_PAGE_BUILD', `Expected the page or its sources in ${projectDir}.`);
  }
  const digest = await digestSources(projectDir);
  if ((await readMark(dir)) === digest) return { built: false, dir };

  log.info({ dir }, 'Building the page.');
  const fresh = join(projectDir, `dist-${randomUUID()}.tmp`);
  try {
    await runVite(projectDir, fresh);
    await writeFile(join(fresh, markName), digest);
    await swap(fresh, dir, digest);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  await removeLeftovers(projectDir, (await stat(dir)).mtimeMs);
  return { built: true, dir };
}

/** A digest over the paths and contents of everything the page is made from. */
async function digestSources(projectDir: string): Promise<string> {
  const paths = sourceFiles.filter((path) => existsSync(join(projectDir, path)));
  for (const folder of sourceFolders.filter((path) => existsSync(join(projectDir, path)))) {
    const entries = await readdir(join(projectDir, folder), {
      recursive: true,
      withFileTypes: true,
    });
    for (const entry of entries) {
      if (entry.isFile()) paths.push(relative(projectDir, join(entry.parentPath, entry.name)));
    }
  }
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const content = await readFile(join(projectDir, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function readMark(dir: string): Promise<string | null> {
  try {
    return await readFile(join(dir, markName), 'utf8');
  } catch {
    return null;
  }
}

function runVite(projectDir: string, outDir: string): Promise<void> {
  const vite = findVite(projectDir);
  const config = join(projectDir, 'config/vite.config.ts');
  const given = ['build', '--config', config, '--outDir', outDir, '--emptyOutDir'];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [vite, ...given, '--logLevel', 'warn'],
      { cwd: projectDir, timeout: buildMsMax, maxBuffer: outputBytesMax },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(buildFailure(`${stderr}\n${stdout}`));
      },
    );
  });
}

/** The path of Vite's command in the project's packages. */
function findVite(projectDir: string): string {
  try {
    const manifest = createRequire(join(projectDir, 'package.json')).resolve('vite/package.json');
    return join(dirname(manifest), 'bin/vite.js');
  } catch {
    throw new InklingError(
      'ERR_PAGE_BUILD',
      'The page could not be built: the package "vite" is not installed.',
      'Run "npm ci" first.',
    );
  }
}

/** One sentence of the output: what is wrong and, where Vite says so, the place in the sources. */
function buildFailure(output: string): InklingError {
  const lines = stripVTControlCharacters(output).split('\n');
  const said = lines.map((line) => line.trim());
  // Headings end in a colon; what they announce follows.
  const telling = said.find((line) => line !== '' && !/:$|^✗/.test(line)) ?? 'no output';
  const place = /[\w./-]+\.(?:ts|css|html):\d+:\d+/.exec(said.join('\n'))?.[0];
  const where = place === undefined || telling.includes(place) ? '' : ` (${place})`;
  const what = telling.slice(0, 300).replace(/\.$/, '');
  return new InklingError('ERR_PAGE_BUILD', `The page could not be built: ${what}${where}.`);
}

/**
 * Puts the fresh folder in place of `dir`, unless another process has put the same one there first.
 */
async function swap(fresh: string, dir: string, digest: string): Promise<void> {
  for (let attempt = 0; attempt < swapsMax; attempt++) {
    if ((await readMark(dir)) === digest) return;
    await discard(dir);
    try {
      await rename(fresh, dir);
      return;
    } catch (error) {
      // Another process was quicker between the two renames: look again at what it has put there.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw storageFailure(error);
    }
  }
  throw new InklingError(
    'ERR_PAGE_BUILD',
    `The page could not be put into ${dir}: it keeps changing.`,
  );
}

/** Takes a folder away in one step, so that nobody sees a half of it. */
async function discard(dir: string): Promise<void> {
  const old = `${dir}-${randomUUID()}.tmp`;
  try {
    await rename(dir, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw storageFailure(error);
  }
  await rm(old, { recursive: true, force: true });
}

function storageFailure(error: unknown): InklingError {
  const reason = error instanceof Error ? error.message : String(error);
  return new InklingError('ERR_PAGE_BUILD', `The built page could not be stored: ${reason}.`);
}

/**
 * Removes what killed builds have left, by age at `nowMs`: a younger folder may be another
 * process's.
 */
async function removeLeftovers(projectDir: string, nowMs: number): Promise<void> {
  for (const name of await readdir(projectDir)) {
    if (!/^dist-[0-9a-f-]{36}\.tmp$/.test(name)) continue;
    const path = join(projectDir, name);
    // Null: its owner has just removed it.
    const found = await stat(path).catch(() => null);
    if (found !== null && nowMs - found.mtimeMs > leftoverMsMin) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
