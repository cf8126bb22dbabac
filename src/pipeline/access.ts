import { compileGlobs } from '../stream/glob.ts';

/**
 * Who may see and do what. Without tokens everybody may do everything; with tokens each carries the
 * streams it shows and whether it may change anything. HTTP and WebSocket ask the same table.
 */
export interface TokenRule {
  readonly token: string;
  /** Globs over stream ids. */
  readonly streams: readonly string[];
  readonly write: boolean;
}

/** What the bearer of a token may do. */
export interface Grant {
  /** Equal for grants that show the same streams. */
  readonly key: string;
  /** Whether a stream is shown; one that is not shown does not exist for the bearer. */
  sees(id: string): boolean;
  /** All streams are shown, and what is not of one stream (rejections) with them. */
  readonly seesAll: boolean;
  readonly write: boolean;
}

export interface Access {
  /** A token is asked for. */
  readonly required: boolean;
  /** The grant of somebody without a token; null when one is asked for. */
  readonly open: Grant | null;
  /** The grant of a token; null when it is none of ours. Takes as long for any wrong token. */
  authorise(token: string): Grant | null;
}

export function createAccess(rules: readonly TokenRule[]): Access {
  const grants = rules.map((rule) => ({ token: rule.token, grant: grantOf(rule) }));
  const required = rules.length > 0;
  return {
    required,
    open: required ? null : grantOf({ token: '', streams: ['**'], write: true }),
    authorise(token) {
      let found: Grant | null = null;
      // All are compared: how long it takes tells nothing about which one was close.
      for (const entry of grants) {
        if (isEqualInConstantTime(entry.token, token)) found = entry.grant;
      }
      return found;
    },
  };
}

function grantOf(rule: TokenRule): Grant {
  const seesAll = rule.streams.includes('**');
  return {
    key: seesAll ? '**' : JSON.stringify([...rule.streams].sort()),
    sees: seesAll ? () => true : compileGlobs(rule.streams),
    seesAll,
    write: rule.write,
  };
}

/** The time depends on the expected text's length alone. */
function isEqualInConstantTime(expected: string, presented: string): boolean {
  let difference = expected.length ^ presented.length;
  for (let index = 0; index < expected.length; index++) {
    // Past the presented text's end the comparison goes on with a code unit that never matches.
    const unit = index < presented.length ? presented.charCodeAt(index) : 0x10000;
    difference |= expected.charCodeAt(index) ^ unit;
  }
  return difference === 0;
}
