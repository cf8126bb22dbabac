import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliverBatch, type PostResult } from '../../../src/adapters/influx/deliver-batch.ts';

function batchOf(lines: readonly string[]) {
  let end = 0;
  return {
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    ends: lines.map((line) => (end += line.length + 1)),
  };
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** A server that refuses parts with a bad line or too many bytes, and keeps what it took. */
class PickyServer {
  readonly taken = new Set<string>();
  requests = 0;
  readonly #bytesMax: number;

  constructor(bytesMax = Number.POSITIVE_INFINITY) {
    this.#bytesMax = bytesMax;
  }

  readonly post = async (bytes: Uint8Array): Promise<PostResult> => {
    this.requests += 1;
    if (bytes.length > this.#bytesMax) return { kind: 'size', message: 'too large' };
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
    const bad = lines.filter((line) => line.startsWith('bad'));
    if (bad.length > 0) return { kind: 'line', message: `partial write: dropped=${bad.length}` };
    for (const line of lines) this.taken.add(line);
    return { kind: 'written' };
  };
}

describe('deliverBatch', () => {
  it('needs one request when nothing is wrong', async () => {
    const server = new PickyServer();
    const delivery = await deliverBatch(batchOf(['a', 'b', 'c']), server.post);
    expect(delivery).toEqual({ written: 3, rejected: [], stopped: false });
    expect(server.requests).toBe(1);
  });

  it('loses only the bad lines, wherever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (bads) => {
        const lines = bads.map((isBad, index) => `${isBad ? 'bad' : 'good'}${index}`);
        const server = new PickyServer();
        const { written, rejected } = await deliverBatch(batchOf(lines), server.post);
        const good = lines.filter((line) => line.startsWith('good'));
        expect([...server.taken]).toEqual(good);
        expect(written).toBe(good.length);
        expect(rejected.map(({ lines }) => textOf(lines))).toEqual(
          lines.filter((line) => line.startsWith('bad')).map((line) => `${line}\n`),
        );
      }),
    );
  });

  it('finds one bad line among thousands in few requests', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index === 3_333 ? 'bad' : index}`);
    const server = new PickyServer();
    const { rejected } = await deliverBatch(batchOf(lines), server.post);
    expect(rejected.map(({ lines }) => textOf(lines))).toEqual(['bad\n']);
    expect(rejected).toMatchObject([
      { lineCount: 1, count: 1, message: 'partial write: dropped=1' },
    ]);
    expect(server.requests).toBeLessThan(30);
  });

  it('stops cutting when all is bad, and takes the server at its word', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => (index % 10 === 0 ? 'good' : 'bad'));
    const server = new PickyServer();
    const { written, rejected } = await deliverBatch(batchOf(lines), server.post, 5);
    expect(server.requests).toBeLessThanOrEqual(11);
    expect(written).toBe(100);
    expect(rejected.reduce((sum, { count }) => sum + count, 0)).toBe(900);
  });

  it('cuts what is too big without a limit, and gives up a line that is too big alone', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `line ${index}`);
    lines[7] = 'x'.repeat(50);
    const server = new PickyServer(25);
    const { written, rejected } = await deliverBatch(batchOf(lines), server.post, 0);
    expect(written).toBe(399);
    expect(rejected.map(({ lines }) => textOf(lines))).toEqual([`${'x'.repeat(50)}\n`]);
    expect(rejected).toMatchObject([{ lineCount: 1, count: 1, message: 'too large' }]);
  });

  it('stops when told so', async () => {
    const stopped = await deliverBatch(batchOf(['a']), async () => ({ kind: 'stopped' }));
    expect(stopped).toEqual({ written: 0, rejected: [], stopped: true });
  });
});
