import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folders, InklingProcess, startArguments, startService } from './service-under-test.ts';

const folders = new Folders();
let occupied: Server;
let port: number;

beforeAll(async () => {
  occupied = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => occupied.once('listening', resolve));
  ({ port } = occupied.address() as { port: number });
});
afterAll(async () => {
  await new Promise((resolve) => occupied.close(resolve));
  await folders.remove();
});

/** Runs it to its end, which must be a refusal in one sentence, and gives that sentence. */
async function refused(args: readonly string[], exit: number, code: string): Promise<string> {
  const ending = await new InklingProcess(args).ended;
  expect(ending.err).toMatch(new RegExp(`^inkling: [^\\n]+ \\(${code}\\)\\n$`));
  expect(ending).toMatchObject({ code: exit, signal: null, out: '' });
  return ending.err;
}

/** Whoever holds the lock is written in the highest file; a released one names nobody. */
async function isFree(data: string): Promise<boolean> {
  const again = await startService(data, '--no-simulate');
  return (await again.process.end()).code === 0;
}

describe('a start that is refused says why in one sentence', () => {
  it('when the HTTP port is taken, and leaves the folder to others', async () => {
    const data = await folders.make();
    const args = [...startArguments(data), '--port', `${port}`];
    expect(await refused(args, 69, 'ERR_PORT_TAKEN')).toContain(`${port}`);
    expect(await isFree(data)).toBe(true);
  });

  it('when the MQTT port is taken, and leaves the HTTP port to others', async () => {
    const data = await folders.make();
    const args = [...startArguments(data), '--mqtt-port', `${port}`];
    expect(await refused(args, 69, 'ERR_PORT_TAKEN')).toContain(`${port}`);
    expect(await isFree(data)).toBe(true);
  });

  it('when the data path is a file', async () => {
    const file = join(await folders.make(), 'data');
    await writeFile(file, 'mine');
    const said = await refused(startArguments(file), 73, 'ERR_DATA_NOT_WRITABLE');
    expect(said).toContain(file);
  });

  it('when another process uses the data folder, which goes on undisturbed', async () => {
    const data = await folders.make();
    const first = await startService(data, '--no-simulate');
    await refused(startArguments(data), 75, 'ERR_DATA_LOCKED');
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.process.end();
  });

  it('when the configuration is broken, naming the line', async () => {
    const file = await folders.configuration('http:\n  prot: 8080\n');
    const data = join(await folders.make(), 'never-made');
    const args = [...startArguments(data), '--config', file];
    expect(await refused(args, 78, 'ERR_CONFIG_INVALID')).toMatch(/inkling\.yaml:2.*port/);
    expect(existsSync(data)).toBe(false);
  });

  it('when the configuration is missing, naming the file', async () => {
    const file = join(await folders.make(), 'absent.yaml');
    const args = [...startArguments(await folders.make()), '--config', file];
    expect(await refused(args, 78, 'ERR_CONFIG_MISSING')).toContain(file);
  });

  it('when it would listen beyond this machine and know nobody', async () => {
    const data = await folders.make();
    for (const text of ['http: { host: 0.0.0.0 }', 'broker: { host: 0.0.0.0 }']) {
      const args = [...startArguments(data), '--config', await folders.configuration(text)];
      await refused(args, 78, 'ERR_CONFIG_INSECURE');
    }
    expect(await readdir(data)).toEqual([]);
  });

  it('when the command line makes no sense', async () => {
    await refused(['start', '--prot', '1'], 64, 'ERR_USAGE');
    await refused(['start', '--port', 'high'], 64, 'ERR_USAGE');
    await refused(['strat'], 64, 'ERR_USAGE');
  });
});
