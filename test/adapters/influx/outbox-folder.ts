import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outbox, openOutbox } from '../../../src/adapters/influx/outbox.ts';
import type { OutboxLimits } from '../../../src/adapters/influx/outbox-limits.ts';

/** What was logged, in order: the words, and the fields as JSON. */
export class Notes {
  readonly words: string[] = [];
  readonly fields: string[] = [];
  readonly info = (fields: object, message: string): void => this.#note(fields, message);
  readonly warn = this.info;
  readonly error = this.info;

  #note(fields: object, message: string): void {
    this.words.push(message);
    this.fields.push(JSON.stringify(fields));
  }
}

/** A real folder with an outbox in it, which can be copied as a killed process would leave it. */
export class OutboxFolder {
  readonly path: string;
  readonly notes = new Notes();
  /** Milliseconds since 1970, as the outbox sees them. */
  now = 1_795_385_096_123;
  readonly #outboxes: Outbox[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<OutboxFolder> {
    return new OutboxFolder(await mkdtemp(join(tmpdir(), 'inkling-outbox-')));
  }

  /** Timers are so slow that only `save` brings anything to the disk. */
  open(limits: Partial<OutboxLimits> = {}): Outbox {
    const outbox = openOutbox({
      folder: this.path,
      clock: { now: () => this.now },
      log: this.notes,
      limits: { writeMs: 60_000, retryMs: 60_000, ...limits },
    });
    this.#outboxes.push(outbox);
    return outbox;
  }

  /** Another folder with the same files. */
  async copy(): Promise<OutboxFolder> {
    const folder = await OutboxFolder.make();
    await cp(this.path, folder.path, { recursive: true });
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async names(ending = ''): Promise<string[]> {
    return (await readdir(this.path)).filter((name) => name.endsWith(ending)).sort();
  }

  async remove(): Promise<void> {
    for (const outbox of this.#outboxes) await outbox.close();
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Lines as an encoder would hand them over. */
export function linesOf(...texts: readonly string[]) {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  let end = 0;
  return { bytes, ends: texts.map((text) => (end += Buffer.byteLength(text) + 1)) };
}

/** `l0` to `l<count − 1>`, or another range of them. */
export function numbered(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => `l${first + index}`);
}

/** The batch at the front as texts; null: nothing waits. */
export async function frontOf(outbox: Outbox): Promise<string[] | null> {
  const batch = await outbox.front();
  if (batch === null) return null;
  const bytes = Buffer.from(batch.bytes);
  return batch.ends.map((end, index) =>
    bytes.toString('utf8', index === 0 ? 0 : batch.ends[index - 1], end - 1),
  );
}

/** Takes and settles all that waits. */
export async function drain(outbox: Outbox): Promise<string[]> {
  const texts: string[] = [];
  for (let front = await frontOf(outbox); front !== null; front = await frontOf(outbox)) {
    texts.push(...front);
    outbox.settle();
  }
  return texts;
}
