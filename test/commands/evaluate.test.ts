import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/commands/command-line.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'inkling-evaluate-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

async function evaluate(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const exit = await runCommandLine(['evaluate', ...argv], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    environment: {},
    workingDirectory: root,
    loadStart: () => Promise.reject(new Error('not asked for')),
  });
  return { exit, stdout, stderr };
}

/** Two hourly columns, one of words, and a sentinel now and then. */
function plant(rows: number): string {
  const lines = ['time,flow,state,level'];
  for (let t = 0; t < rows; t++) {
    const time = new Date(Date.UTC(2026, 0, 1, t)).toISOString();
    const flow = (10 + 4 * Math.sin(t / 3.8) + ((t * 7_919) % 17) / 10).toFixed(3);
    lines.push(`${time},${t % 50 === 3 ? '-9999' : flow},busy,${t % 24}`);
  }
  return `${lines.join('\n')}\n`;
}

const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const fast = ['--horizons', '2,1', '--models', 'persistence,rls'];

/** Figures without times, which differ from run to run. */
const timeless = (text: string) => JSON.parse(text.replace(/"us\w+": [\d.e-]+/g, '"us": 0'));

describe('inkling evaluate', () => {
  it('prints a table and writes every figure, one result a file', async () => {
    writeFileSync(join(root, 'plant.csv'), plant(300));
    writeFileSync(join(root, 'other.csv.gz'), gzipSync(plant(200)));
    const files = ['plant.csv', 'other.csv.gz'];
    const { exit, stdout, stderr } = await evaluate(...files, ...fast, '--json', 'out.json');
    expect([exit, stderr]).toEqual([
      0,
      'plant.csv: left out "state": words, not numbers\n' +
        'other.csv.gz: left out "state": words, not numbers\n',
    ]);
    expect(stdout).toContain('plant: 300 rows, 2 streams, preset ratio, seed 1');
    expect(stdout).toContain('other: 200 rows, 2 streams, preset ratio, seed 1');
    const { results } = read('out.json');
    expect(results.map((one: { dataset: string }) => one.dataset)).toEqual(['plant', 'other']);
    expect(results[0]).toMatchObject({ rows: 300, streams: 2, preset: 'ratio', seed: 1 });
    expect(Object.keys(results[0].models)).toEqual(['inkling', 'persistence', 'rls']);
    const { usPerReading, usLearning, horizons } = results[0].models.inkling;
    expect(usPerReading).toBeGreaterThan(0);
    expect(usLearning).toBeGreaterThan(0);
    expect(Object.keys(horizons)).toEqual(['1', '2']);
    for (const figure of ['mse', 'mae', 'mase', 'crps']) {
      expect(horizons['2'][figure]).toBeGreaterThan(0);
    }
    expect(Object.keys(horizons['2'].coverage)).toEqual(['0.5', '0.8', '0.9', '0.95']);
    expect(Object.keys(horizons['2'].skill)).toEqual(['persistence', 'rls']);
  }, 30_000);

  it('stands its columns below each other and marks the best figure', async () => {
    writeFileSync(join(root, 'plant.csv'), plant(300));
    const { stdout } = await evaluate('plant.csv', ...fast, '--missing', '-9999');
    const block = stdout.split('\n\n')[1]!.split('\n');
    expect(block[0]).toMatch(
      /^H = 1 +mse +mae +mase +crps +80 % +95 % +worst 95 % +µs\/reading +learning$/,
    );
    expect(block).toHaveLength(4);
    expect(new Set(block.map((line) => line.length)).size).toBe(1);
    const marked = block.filter((line) => line.slice(0, 30).includes('*'));
    expect(marked.length).toBeGreaterThan(0);
  }, 30_000);

  it('gives the same figures for the same seed', async () => {
    writeFileSync(join(root, 'plant.csv'), plant(300));
    const options = [
      ...fast,
      '--seed',
      '7',
      '--gaps',
      '0.1',
      '--join',
      'level@100',
      '--by-time',
      '--json',
    ];
    await evaluate('plant.csv', ...options, 'one.json');
    await evaluate('plant.csv', ...options, 'two.json');
    const text = (name: string) => readFileSync(join(root, name), 'utf8');
    expect(timeless(text('two.json'))).toEqual(timeless(text('one.json')));
    expect(read('one.json').results[0].seed).toBe(7);
  }, 30_000);

  it.each([
    [['plant.csv', '--preset', 'best'], 64, 'ERR_USAGE'],
    [['plant.csv', '--horizons', '0'], 64, 'ERR_USAGE'],
    [['plant.csv', '--horizons', '1,x'], 64, 'ERR_USAGE'],
    [['plant.csv', '--models', 'oracle'], 64, 'ERR_USAGE'],
    [['plant.csv', '--models', 'no-lstm'], 64, 'ERR_USAGE'],
    [['plant.csv', '--gaps', '1'], 64, 'ERR_USAGE'],
    [['plant.csv', '--missing', 'nothing'], 64, 'ERR_USAGE'],
    [['plant.csv', '--join', 'level'], 64, 'ERR_USAGE'],
    [['plant.csv', '--join', 'depth@10'], 64, 'ERR_USAGE'],
    [['plant.csv', '--json', 'no/such/folder.json'], 64, 'ERR_USAGE'],
    [[], 64, 'ERR_USAGE'],
    [['absent.csv'], 66, 'ERR_DATA_MISSING'],
    [['words.csv'], 65, 'ERR_DATA_UNREADABLE'],
    [['broken.csv'], 65, 'ERR_DATA_UNREADABLE'],
    [['plant.csv', '--preset', 'fsnet'], 65, 'ERR_DATA_UNREADABLE'],
  ])('refuses %j with exit %i and one sentence', async (argv, exit, code) => {
    writeFileSync(join(root, 'plant.csv'), plant(100));
    writeFileSync(join(root, 'words.csv'), 'a,b\nx,y\n');
    writeFileSync(join(root, 'broken.csv'), `${plant(300)}2026-02-01T00:00:00Z,1,busy,oops\n`);
    const outcome = await evaluate(...argv);
    expect([outcome.exit, outcome.stdout]).toEqual([exit, '']);
    const last = outcome.stderr.trimEnd().split('\n').at(-1)!;
    expect(last).toMatch(new RegExp(`^inkling: .*\\(${code}\\)$`));
  });
});
