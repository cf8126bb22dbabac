import { InfluxDB, type ISingleHostConfig, ResultError } from 'influx';
import { backOffMs } from '../../pipeline/back-off.ts';
import type { Logger } from '../../pipeline/ports.ts';
import { credentialsOf, shownUrl } from './line-sender.ts';

/** Administration through the npm client `influx`; points never go this way. */
export interface InfluxDatabaseOptions {
  /** http or https; a path is kept as a prefix. */
  readonly url: string;
  readonly database: string;
  /** Empty: none. */
  readonly username: string;
  readonly password: string;
  /** Of InfluxDB 2 or 3; empty: none. */
  readonly token: string;
  readonly log: Logger;
  /** 0 ≤ x < 1, for the pauses between attempts. */
  readonly random: () => number;
}

/**
 * - `unknown`: the server has not answered since it was last asked.
 * - `present`: the database is there.
 * - `refused`: it could not be looked for or created; somebody else has to.
 */
type InfluxDatabaseState = 'unknown' | 'present' | 'refused';

export interface InfluxDatabase {
  readonly state: InfluxDatabaseState;
  /** Looks for the database and creates it when missing, in the background. Does nothing while it is at it. */
  ensure(): void;
  /** No further attempt is made. */
  close(): void;
}

const requestTimeoutMs = 10_000;
/** Two requests and some air. */
const attemptTimeoutMs = 25_000;

/**
 * Makes sure that the database exists, from the start on. An unreachable server is asked again later
 * and later; a refusal is one warning, however often it happens, and never the end of anything.
 */
export function createInfluxDatabase(options: InfluxDatabaseOptions): InfluxDatabase {
  const { log, database } = options;
  const url = shownUrl(options.url);
  let state: InfluxDatabaseState = 'unknown';
  let timer: NodeJS.Timeout | null = null;
  let isBusy = false;
  let isClosed = false;
  let hasWarned = false;

  const attempt = async (failures: number): Promise<void> => {
    timer = null;
    try {
      const isNew = await withinTime(createWhenMissing(options), attemptTimeoutMs);
      state = 'present';
      if (isNew && !isClosed) log.info({ url, database }, 'Created the database in InfluxDB.');
    } catch (error) {
      if (isClosed) return;
      if (!isRefusal(error)) {
        timer = setTimeout(attempt, backOffMs(failures, options.random), failures + 1);
        return;
      }
      state = 'refused';
      if (!hasWarned) {
        const problem = (error as Error).message;
        log.warn(
          { url, database, problem },
          'Could not make sure that the database exists in InfluxDB; points are sent all the same.',
        );
      }
      hasWarned = true;
    }
    isBusy = false;
  };

  const ensure = (): void => {
    if (isBusy || isClosed) return;
    isBusy = true;
    state = 'unknown';
    void attempt(0);
  };
  ensure();

  return {
    get state() {
      return state;
    },
    ensure,
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Whether the database had to be created. */
async function createWhenMissing(options: InfluxDatabaseOptions): Promise<boolean> {
  // A client keeps away from a server that failed it once; a new one asks whenever it is told to.
  const client = connectInflux(options);
  // Asking first spares users without the right to create a warning that says nothing.
  if ((await client.getDatabaseNames()).includes(options.database)) return false;
  await client.createDatabase(options.database);
  return true;
}

/** A client for administration and queries. */
function connectInflux(
  options: Pick<InfluxDatabaseOptions, 'url' | 'database' | 'username' | 'password' | 'token'>,
): InfluxDB {
  const { protocol, hostname, port, pathname } = new URL(options.url);
  const isSecure = protocol === 'https:';
  const credentials = options.token === '' ? credentialsOf(options) : null;
  const config = {
    host: hostname,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    protocol: isSecure ? 'https' : 'http',
    path: pathname === '/' ? '' : pathname.replace(/\/$/, ''),
    database: options.database,
    options: {
      headers: options.token === '' ? {} : { authorization: `Token ${options.token}` },
    },
    pool: { maxRetries: 0, requestTimeout: requestTimeoutMs },
    // Left out, they would become "root" and "root".
    username: credentials?.username ?? null,
    password: credentials?.password ?? null,
  };
  return new InfluxDB(config as ISingleHostConfig);
}

/** Whether the server has answered and would answer the same again; anything else may pass. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ResultError || error instanceof SyntaxError) return true;
  const status = (error as { res?: { statusCode?: number } }).res?.statusCode;
  return status !== undefined && status !== 408 && status !== 429;
}

/** The client never settles when an answer breaks off in its middle. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
