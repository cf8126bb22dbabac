/**
 * What an answer to a write means. InfluxDB 1 has written every good line when it answers 400 with
 * "partial write"; versions 2 and 3 answer 400 or 422 likewise. A 400 that does not come from a
 * database (a proxy, another service on that port) says nothing about the lines, so it is no reason
 * to lose them.
 */
export type ServerAnswer =
  | {
      readonly status: number;
      /** The server's own words, shortened; empty: it said nothing. */
      readonly message: string;
      /** Whether the words came in a form that databases use. */
      readonly isFromDatabase: boolean;
      /** The pause that the server asked for; null: none. */
      readonly retryAfterMs: number | null;
    }
  /** No answer: refused, broken, or too late. */
  | { readonly status: null; readonly message: string };

/**
 * - `written`: all lines are in.
 * - `line`: at least one of the lines is bad.
 * - `size`: too many bytes at once.
 * - `missing`: the database does not exist.
 * - `later`: nothing is wrong with the lines, and the trouble may pass soon.
 * - `refused`: nothing is wrong with the lines, but somebody has to act.
 */
export type Verdict = 'written' | 'line' | 'size' | 'missing' | 'later' | 'refused';

export function judgeAnswer(answer: ServerAnswer): Verdict {
  const { status } = answer;
  if (status === null || status >= 500 || status === 408 || status === 429) return 'later';
  if (status >= 200 && status < 300) return 'written';
  switch (status) {
    case 400:
    case 422:
      return answer.isFromDatabase ? 'line' : 'refused';
    case 404:
      return 'missing';
    case 413:
      return 'size';
    default:
      return 'refused';
  }
}

/**
 * How many lines of a partial write were dropped, as far as the server says so; null: it does not.
 * (InfluxDB 1 says 0 when a line could not be parsed.)
 */
export function droppedCount(message: string): number | null {
  const count = Number(/\bdropped=(\d+)/.exec(message)?.[1] ?? 0);
  return count > 0 ? count : null;
}

const MESSAGE_CHARACTERS_MAX = 500;

/** The words of an error body: InfluxDB 1 says `error`, 2 and 3 say `message`. */
export function wordsOf(body: string): { message: string; isFromDatabase: boolean } {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      const { error, message } = parsed as { error?: unknown; message?: unknown };
      const words = [message, error].find((text) => typeof text === 'string');
      if (words !== undefined) return { message: shorten(words as string), isFromDatabase: true };
    }
  } catch {
    // Plain text or a page of some proxy.
  }
  return { message: shorten(body), isFromDatabase: false };
}

function shorten(text: string): string {
  return text.trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

/** Longest pause that a server may ask for. */
const RETRY_AFTER_MS_MAX = 600_000;

/** Reads Retry-After: seconds or a date. Null: absent or unreadable. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? null : Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms));
}
