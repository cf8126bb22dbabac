import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePage } from '../../../src/adapters/http/page-build.ts';

/**
 * Stands in for Vite: copies the page's source into the folder it is told, or fails as it is told.
 */
const scriptedVite = `
import { appendFileSync, cpSync, readFileSync } from 'node:fs';
const page = readFileSync('src/dashboard/index.html', 'utf8');
appendFileSync('builds.log', 'built\\n');
if (page.includes('broken')) {
  console.error('✗ Build failed in 1ms\\nerror during build:\\nBuild failed with 1 error:\\n');
  console.error('\\u001b[31m[html] \\u001b[0mExpected a tag.');
  console.error('  ╭─[ src/dashboard/index.html:1:3 ]');
  process.exit(1);
}
const outDir = process.argv[process.argv.indexOf('--outDir') + 1];
cpSync('src/dashboard', outDir, { recursive: true });
`;

let projectDir = '';

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(projectDir, path)), { recursive: true });
  await writeFile(join(projectDir, path), content);
}

async function buildCount(): Promise<number> {
  if (!existsSync(join(projectDir, 'builds.log'))) return 0;
  return (await readFile(join(projectDir, 'builds.log'), 'utf8')).split('\n').length - 1;
}

function ensure() {
  const told: string[] = [];
  const tell = (_fields: object, message: string) => void told.push(message);
  const page = ensurePage({ projectDir, log: { info: tell, warn: tell, error: tell } });
  return page.then((result) => ({ ...result, told }));
}

describe('ensurePage', () => {
  beforeEach(async () => {
    projectDir = await mkdtemp(join(tmpdir(), 'inkling-page-'));
    await put('package.json', '{}');
    await put('package-lock.json', '{}');
    await put('config/vite.config.ts', '');
    await put('src/dashboard/index.html', '<p>page');
    await put('src/client/connect.ts', '');
    await put('node_modules/vite/package.json', '{"name":"vite","type":"module"}');
    await put('node_modules/vite/bin/vite.js', scriptedVite);
  });

  afterEach(async () => {
    await rm(projectDir, { recursive: true, force: true });
  });

  it('builds the page when there is none, says so, and then leaves it alone', async () => {
    const dir = join(projectDir, 'dist');
    expect(await ensure()).toEqual({ built: true, dir, told: ['Building the page.'] });
    expect(await readFile(join(dir, 'index.html'), 'utf8')).toBe('<p>page');
    expect(await ensure()).toEqual({ built: false, dir, told: [] });
    expect(await buildCount()).toBe(1);
    projectDir += '/';
    expect((await ensure()).built).toBe(false);
  });

  it.each([
    'src/dashboard/index.html',
    'src/client/connect.ts',
    'src/protocol/items.ts',
    'config/vite.config.ts',
    'package-lock.json',
  ])('builds it again when %s has changed, and not when it was only touched', async (path) => {
    await ensure();
    await utimes(join(projectDir, 'src/dashboard/index.html'), new Date(), new Date());
    expect((await ensure()).built).toBe(false);
    await put(path, 'changed');
    expect((await ensure()).built).toBe(true);
  });

  it('replaces the old page as a whole', async () => {
    await put('src/dashboard/old.css', '');
    await ensure();
    await rm(join(projectDir, 'src/dashboard/old.css'));
    await ensure();
    expect(await readdir(join(projectDir, 'dist'))).toEqual(['.made-from', 'index.html']);
  });

  it('takes dist as it is without sources, and refuses when there is neither', async () => {
    await rm(join(projectDir, 'src'), { recursive: true });
    await expect(ensure()).rejects.toMatchObject({ code: 'ERR_PAGE_BUILD' });
    await put('dist/index.html', 'shipped');
    expect((await ensure()).built).toBe(false);
    expect(await buildCount()).toBe(0);
  });

  it('tells a failed build in one sentence and keeps the page that was there', async () => {
    await ensure();
    await put('src/dashboard/index.html', 'broken');
    await expect(ensure()).rejects.toMatchObject({
      code: 'ERR_PAGE_BUILD',
      message: 'The page could not be built: [html] Expected a tag (src/dashboard/index.html:1:3).',
    });
    expect(await readFile(join(projectDir, 'dist/index.html'), 'utf8')).toBe('<p>page');
    expect(await readdir(projectDir)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  });

  it('says what to do when Vite is not installed', async () => {
    await rm(join(projectDir, 'node_modules'), { recursive: true });
    await expect(ensure()).rejects.toMatchObject({
      code: 'ERR_PAGE_BUILD',
      hint: 'Run "npm ci" first.',
    });
  });

  it('survives several starts at once', async () => {
    await put('dist/index.html', 'old');
    await Promise.all([ensure(), ensure(), ensure()]);
    expect(await readFile(join(projectDir, 'dist/index.html'), 'utf8')).toBe('<p>page');
    expect((await ensure()).built).toBe(false);
    expect(await readdir(projectDir)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  });

  it('removes what killed builds have left, and spares what may be in the making', async () => {
    const old = 'dist-00000000-0000-0000-0000-000000000000.tmp';
    const young = 'dist-11111111-1111-1111-1111-111111111111.tmp';
    await put(`${old}/index.html`, '');
    await put(`${young}/index.html`, '');
    await utimes(join(projectDir, old), 0, 0);
    await ensure();
    const left = await readdir(projectDir);
    expect(left).not.toContain(old);
    expect(left).toContain(young);
  });
});
