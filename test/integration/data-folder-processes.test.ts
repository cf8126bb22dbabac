import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const source = new URL('../../src/adapters/data-folder/data-folder.ts', import.meta.url).href;
const script = `
import { openDataFolder } from ${JSON.stringify(source)};
process.on('message', async () => {
  try {
    await openDataFolder({ dir: process.argv[1], version: '1', now: 0 });
    process.send({ opened: process.pid });
  } catch (error) {
    process.send({ code: error.code, message: error.message });
  }
});
process.send('ready');
`;

let dir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'inkling-folder-'));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map(kill));
  await rm(dir, { recursive: true, force: true });
});

async function startProcess(): Promise<ChildProcess> {
  const parameters = ['--import', 'tsx', '--input-type=module', '--eval', script, dir];
  const stdio: 'inherit' | 'ipc' | 'ignore' = 'inherit';
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', stdio, stdio, 'ipc'] });
  children.push(child);
  await once(child, 'message');
  return child;
}

interface Answer {
  readonly opened?: number;
  readonly code?: string;
  readonly message?: string;
}

async function open(child: ChildProcess): Promise<Answer> {
  const answer = once(child, 'message');
  child.send('open');
  return (await answer)[0] as Answer;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a data folder between processes', () => {
  it('belongs to one of two that come at once, until that one is killed', async () => {
    const pair = await Promise.all([startProcess(), startProcess()]);
    const answers = await Promise.all(pair.map(open));
    const winner = answers.findIndex((answer) => answer.opened !== undefined);
    const loser = answers[1 - winner]!;
    expect(answers.filter((answer) => answer.opened !== undefined)).toHaveLength(1);
    expect(loser.code).toBe('ERR_DATA_LOCKED');
    expect(loser.message).toContain(`process ${pair[winner]!.pid} is using it`);
    await kill(pair[winner]!);
    const second = pair[1 - winner]!;
    expect(await open(second)).toEqual({ opened: second.pid });
  });
});
