import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Logger } from '../../pipeline/ports.ts';

/**
 * What the sessions that brokers keep for us may be subscribed to, in a small JSON file: a broker
 * tells nobody, and filters of an earlier configuration would go on bringing messages for ever.
 *
 *     {"version":1,"sessions":[{"broker":"mqtt://b:1883","clientId":"inkling","filters":["plant/#"]}]}
 *
 * Written with the new filters added before they are subscribed, and without the old ones after the
 * broker has confirmed that they are gone; so it never names too few, whenever we are stopped.
 */
const format = z.object({
  version: z.literal(1),
  sessions: z.array(
    z.object({ broker: z.string(), clientId: z.string(), filters: z.array(z.string()) }),
  ),
});

type Session = z.infer<typeof format>['sessions'][number];

/** The least recently changed ones are forgotten. */
const sessionsMax = 16;

export interface SessionKey {
  /** Scheme, host and port. */
  readonly broker: string;
  readonly clientId: string;
}

export class SessionFile {
  readonly #path: string | null;
  readonly #key: SessionKey;
  readonly #log: Logger;
  #sessions: readonly Session[];

  /** Reads the file if there is one. Without a path nothing outlives the process. */
  constructor(path: string | null, key: SessionKey, log: Logger) {
    this.#path = path;
    this.#key = key;
    this.#log = log;
    this.#sessions = this.#read();
  }

  /** What the session may be subscribed to. */
  get filters(): readonly string[] {
    return this.#sessions.find((session) => this.#isOurs(session))?.filters ?? [];
  }

  /** These are about to be subscribed. */
  add(filters: readonly string[]): void {
    this.#replace([...new Set([...this.filters, ...filters])]);
  }

  /** The session has exactly these. */
  settle(filters: readonly string[]): void {
    this.#replace(filters);
  }

  #replace(filters: readonly string[]): void {
    const before = this.filters;
    if (before.length === filters.length && filters.every((one) => before.includes(one))) return;
    const others = this.#sessions.filter((session) => !this.#isOurs(session));
    this.#sessions = [{ ...this.#key, filters: [...filters] }, ...others].slice(0, sessionsMax);
    this.#write();
  }

  #isOurs({ broker, clientId }: Session): boolean {
    return broker === this.#key.broker && clientId === this.#key.clientId;
  }

  #read(): readonly Session[] {
    if (this.#path === null) return [];
    try {
      return format.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).sessions;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      const fields = { file: this.#path, error: String(error) };
      this.#log.warn(fields, 'What was subscribed before is not known; old filters may go on.');
      return [];
    }
  }

  #write(): void {
    if (this.#path === null) return;
    const temporary = `${this.#path}.new`;
    try {
      writeFileSync(temporary, `${JSON.stringify({ version: 1, sessions: this.#sessions })}\n`);
      renameSync(temporary, this.#path);
    } catch (error) {
      const fields = { file: this.#path, error: String(error) };
      this.#log.warn(fields, 'What is subscribed could not be noted; old filters may go on later.');
    }
  }
}
